import { once } from 'node:events';
import { createResource } from '../../config/resource.ts';
import type { EnrichSettings } from '../../config/settings.ts';
import { GeoDatabases } from '../../ecs/geo/geo-databases.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { Log } from '../../lib/log.ts';
import type { RoleContext } from '../../model/role-context.ts';
import type { RelayAnswer } from '../../otlp/receive/relay-answer.ts';
import type { LogsRequest } from '../../otlp/receive/logs-request.ts';
import { ConnectionJoin } from '../../stitch/connection-join.ts';
import type { HttpServer } from '../../web/http-server.ts';
import { createOtlpServer, type OtlpServer } from '../otlp-server.ts';
import { startTelemetry } from '../telemetry.ts';
import { startEnrichServer } from './enrich-metrics.ts';
import { startNames, type EnrichNames } from './enrich-names.ts';
import { createEnrichOutputs, type EnrichOutputs } from './enrich-outputs.ts';
import { createEnrichSinks, type EnrichSinks } from './enrich-sinks.ts';
import { writeEnrichSummary } from './enrich-summary.ts';

/** What a running enrichment service consists of, in the order in which records pass it. */
export interface EnrichParts {
  readonly intake: OtlpServer;
  readonly names: EnrichNames;
  readonly join: ConnectionJoin;
  readonly outputs: EnrichOutputs;
  readonly sinks: EnrichSinks;
}

/**
 * The enrichment service, until stopped: records in by OTLP → both ends named → perspectives joined → documents out →
 * counters, map, recent flows. A request is answered when all outputs have its connections.
 */
export async function runEnrich(settings: EnrichSettings, context: RoleContext): Promise<void> {
  const { signal, env, stdout } = context;
  const resource = createResource(settings, env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const ending = new AbortController();
  const geo = new GeoDatabases({ cityPath: settings.cityDatabasePath, asnPath: settings.asnDatabasePath, log });
  await geo.start(ending.signal);
  const outputs = await createEnrichOutputs(settings, resource, { env, log });
  const sinks = createEnrichSinks(settings, { ...context, log }, outputs.elasticsearch !== undefined);
  const names = await startNames(settings, toIndexOptions(settings, geo, sinks), log, ending.signal);
  for (const output of outputs.all) await output.start(ending.signal);
  await sinks.writer?.start();
  const join = new ConnectionJoin({
    resolver: names.index,
    outputs: outputs.all,
    sinks: sinks.all,
    intervalMs: settings.intervalMs,
    windowMs: settings.joinWindowMs,
    maxHeldRecords: settings.maxHeldRecords,
  });
  join.start();
  const intake = createOtlpServer(settings, (request) => takeRequest(request, join, names), log);
  const parts: EnrichParts = { intake, names, join, outputs, sinks };
  await listen(intake, log);
  const server = settings.metricsPort === 'off' ? undefined : await startEnrichServer(settings, parts, log);

  if (!signal.aborted) await once(signal, 'abort');

  await stop(parts, server, settings.shutdownDeadlineMs);
  ending.abort();
  await telemetry.shutdown();
  if (settings.json) writeEnrichSummary(stdout, parts);
}

/** Until names can be told nothing is taken: what is stored under an address alone stays so. */
async function takeRequest(
  { flows, resources, recordCount }: LogsRequest,
  join: ConnectionJoin,
  names: EnrichNames,
): Promise<RelayAnswer> {
  if (!names.isReady()) return NOT_READY;
  const answer = await join.join(flows, resources);
  const others = recordCount - flows.length;
  if (answer.kind !== 'taken' || others === 0) return answer;
  return { kind: 'taken', rejectedRecords: others, message: `${others} log records are no flows of podflow` };
}

const NOT_READY: RelayAnswer = {
  kind: 'later',
  status: 503,
  retryAfterMs: 1_000,
  message: 'the Kubernetes objects are not listed yet',
};

async function listen({ server }: OtlpServer, log: Log): Promise<void> {
  const { url } = await server.start();
  log.info({ url }, 'receiving flow records');
}

function toIndexOptions(
  settings: EnrichSettings,
  geo: GeoDatabases,
  _sinks: EnrichSinks,
): Parameters<typeof startNames>[1] {
  return {
    clusterName: settings.clusterName,
    clusterCidrs: settings.clusterCidrs ?? [],
    graceMs: settings.nameGraceMs,
    describeExternal: (address) => geo.describe(address),
  };
}

/** First no more comes in, while what waits goes out; then each part ends. */
async function stop(
  { intake, names, join, outputs, sinks }: EnrichParts,
  server: HttpServer | undefined,
  deadlineMs: number,
): Promise<void> {
  const deadline = createDeadline(deadlineMs);
  const joined = join.stop(deadline);
  await intake.server.stop(deadline);
  await joined;
  for (const output of outputs.all) await output.stop(deadline);
  await sinks.writer?.stop(deadline);
  await names.stop(deadline);
  await server?.stop(deadline);
}
