import { toMarkdownTable } from '../lib/markdown-table.ts';
import type { MetricDeclaration } from './metric-declaration.ts';
import { METRICS } from './metric-list.ts';

const HEAD = `# Metrics

Made from \`metric-list.ts\` by \`node src/prometheus/write-metrics-doc.ts\`. Beside these, \`/metrics\` has the
\`process_*\` and \`nodejs_*\` metrics of prom-client.

**\`podflow_probe_flow_*\`**, of probe and node: a pair is own pod → \`peer\`. \`role\` is what the own pod is (client,
server, unknown), \`server_port\` the port of the flow's destination (empty where there is none), \`direction\` is
transmit or receive as seen from the own pod. Where the initiator's direction is unknown, the flow's source is taken for
the own pod. Beyond the cap on pairs, traffic counts into \`peer="other"\`, \`server_port="other"\`, so that sums over
peers and ports stay right. A pair without traffic for the idle time loses its series, and nothing of it is added to
\`other\`; seen again, it begins at 0.

Series of failures (\`*_dropped_total\`, \`*_dropped_packets_total\`, \`*_lost_packets_total\`, \`*_symptoms_total\`,
\`*_findings_total\`) stand at 0 in the first exposition that has them, whatever is counted already, and tell all of it
from the next one on: Prometheus makes no \`increase\` of a series that begins above 0, and a pair is often seen first
when it fails. Of \`podflow_probe_flow_dropped_total\` the usual reasons of a pair's transport (TCP: syn_unanswered,
connection_refused; UDP: port_unreachable) are there from the first sight of the pair, other reasons from their first
flow on. A failing flow is reported in each interval in which it has packets; it counts once as dropped and once as
rejected, should both become of it.

**\`podflow_flow_*\`** and **\`podflow_pod_flow_*\`**, of the enrichment service: a pair is client → server by name, NAT
undone. Each connection counts once, by its client's observer where there is one, else by its server's; \`direction\` is
transmit (client to server) or receive, and their sum is what the interface of that end carried. An end that is no pod
has no \`*_pod\`; its \`*_workload\` is the name of the node (\`*_kind\` node, or ambiguous where it might be one of several
hostNetwork pods) or of the Service whose backend is not known (service), and empty for external and unknown ones, of
which each address would be a series. \`dst_service\` is the Service that was dialled, or the only one that the server
stands behind; where the server has no namespace, \`dst_namespace\` is that Service's. So \`sum by (dst_workload)\` of
the connections of one \`dst_service\` shows a canary's share, and \`sum by (dst_pod)\` the balance over its pods.

Each of the two groups has a cap on pairs; beyond it a pair counts into names that all say \`other\`, with kinds and
transport kept. A pair loses its series when it is idle, and one of pods also when one of them is gone, after a delay in
which the last values are scraped. Series of failures begin at 0 as above; histograms are there for every pair of TCP. A
new pair's other counters begin with what its first interval counted, of which \`rate\` knows nothing.

\`podflow_flow_findings_total\` has a cap of its own, beyond which names and policy all say \`other\`. A connection counts
once as denied or unexplained; as unexpectedly_allowed each time that it begins. Where a connection failed of which
nobody saw a packet and only evidence tells, it counts once as dropped, and no traffic and no connection is counted.

`;

/** The documentation of all metrics as a Markdown page, in the form that prettier leaves as it is. */
export function toMetricsDoc(): string {
  const metrics: readonly MetricDeclaration[] = Object.values(METRICS);
  return HEAD + toMarkdownTable([['name', 'type', 'labels', 'meaning'], ...metrics.map(toRow)]);
}

function toRow({ name, type, labels, help }: MetricDeclaration): string[] {
  return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help];
}
