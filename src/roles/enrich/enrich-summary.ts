import type { RoleContext } from '../../model/role-context.ts';
import type { EnrichParts } from './run-enrich.ts';

/** The one JSON line that `--json` asks for: what came, what became of it, and what names were known. */
export function writeEnrichSummary(
  stdout: RoleContext['stdout'],
  { intake, names, join, outputs, sinks }: EnrichParts,
): void {
  const { requestsByStatus, ...received } = intake.receiver.counters();
  const { received: records, forwarded, dropped } = intake.receiver.account();
  const elasticsearch = outputs.elasticsearch?.counters();
  const summary = {
    received: { ...received, requestsByStatus: Object.fromEntries(requestsByStatus) },
    records: { received: records, forwarded, dropped: Object.fromEntries(dropped) },
    join: join.counters(),
    names: names.index.counters(),
    ...(elasticsearch === undefined
      ? {}
      : { elasticsearch: { ...elasticsearch, requestsByStatus: Object.fromEntries(elasticsearch.requestsByStatus) } }),
    ...(outputs.bodyMap === undefined ? {} : { otlp: outputs.bodyMap.counters() }),
    ...(sinks.map === undefined ? {} : { map: sinks.map.counters() }),
  };
  stdout.write(`${JSON.stringify(summary)}\n`);
}
