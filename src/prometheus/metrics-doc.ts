import { toMarkdownTable } from '../lib/markdown-table.ts';
import type { MetricDeclaration } from './metric-declaration.ts';
import { METRICS } from './metric-list.ts';

const HEAD = `# Metrics

Made from \`metric-list.ts\` by \`node src/prometheus/write-metrics-doc.ts\`. Beside these, \`/metrics\` has the
\`process_*\` and \`nodejs_*\` metrics of prom-client.

A pair is own pod → \`peer\`: \`role\` is what the own pod is (client, server, unknown), \`server_port\` the port of the
flow's destination (empty where there is none), \`direction\` is transmit or receive as seen from the own pod. Where
the initiator's direction is unknown, the flow's source is taken for the own pod. Beyond the cap on pairs, traffic counts
into \`peer="other"\`, \`server_port="other"\`, so that sums over peers and ports stay right. A pair without traffic for
the idle time loses its series, and nothing of it is added to \`other\`; seen again, it begins at 0.

Drop counters stand at 0 from the first sight of a pair: \`podflow_probe_flow_dropped_packets_total\` for every pair,
\`podflow_probe_flow_dropped_total\` for the usual reasons of its transport (TCP: syn_unanswered, connection_refused; UDP:
port_unreachable), other reasons from their first flow on. A failing flow is reported in each interval in which it has
packets; it counts once as dropped and once as rejected, should both become of it.

`;

/** The documentation of all metrics as a Markdown page, in the form that prettier leaves as it is. */
export function toMetricsDoc(): string {
  const metrics: readonly MetricDeclaration[] = Object.values(METRICS);
  return HEAD + toMarkdownTable([['name', 'type', 'labels', 'meaning'], ...metrics.map(toRow)]);
}

function toRow({ name, type, labels, help }: MetricDeclaration): string[] {
  return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help];
}
