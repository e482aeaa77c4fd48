import type { DemoSettings, EnrichSettings } from '../../config/settings.ts';
import type { Log } from '../../lib/log.ts';
import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Resource } from '../../model/resource.ts';
import type { RoleContext } from '../../model/role-context.ts';
import type { Deadline } from '../../model/stage.ts';
import type { LogsRequest } from '../../otlp/receive/logs-request.ts';
import type { RelayAnswer } from '../../otlp/receive/relay-answer.ts';
import { ConnectionJoin } from '../../stitch/connection-join.ts';
import { createOtlpServer, type OtlpServer, type ReceivingSettings } from '../otlp-server.ts';
import { createPolicyJudge } from './create-policy-judge.ts';
import { startEnrichServer, type EnrichServer } from './enrich-metrics.ts';
import type { EnrichNames } from './enrich-names.ts';
import { createEnrichOutputs, type EnrichOutputs } from './enrich-outputs.ts';
import { createEnrichSinks, type EnrichSinks } from './enrich-sinks.ts';
import { LocalIntake } from './local-intake.ts';

/** The settings of an enrichment service, wherever it runs. */
export type ServiceSettings = Pick<EnrichSettings, keyof EnrichSettings & keyof DemoSettings>;

export interface EnrichmentOptions {
  readonly settings: ServiceSettings;
  readonly resource: Resource;
  readonly names: EnrichNames;
  /** Where records are received; undefined where they come from this process itself, by `local`. */
  readonly receiving: ReceivingSettings | undefined;
  /** Whether both perspectives of a connection come here, and not to another replica. */
  readonly isRouted: boolean;
  /** Beside those that the settings ask for. */
  readonly furtherSinks?: readonly ConnectionSink[];
}

/** What a running enrichment service consists of, in the order in which records pass it. */
export interface EnrichParts {
  readonly intake: OtlpServer | undefined;
  readonly local: LocalIntake | undefined;
  readonly names: EnrichNames;
  readonly join: ConnectionJoin;
  readonly outputs: EnrichOutputs;
  readonly sinks: EnrichSinks;
}

/** A running enrichment service. */
export interface Enrichment {
  readonly parts: EnrichParts;
  /** Base address of the OTLP receiver. */
  readonly receivingUrl: string | undefined;
  /** Base address of /metrics and the API. */
  readonly servingUrl: string | undefined;
  readonly stop: (deadline: Deadline) => Promise<void>;
}

/**
 * Starts an enrichment service: records in by OTLP → both ends named → perspectives joined → documents out → counters,
 * map, recent flows. A request is answered when all outputs have its connections.
 * @throws PodflowError ADDRESS_IN_USE; SETTINGS_INVALID when an output's address cannot be used
 */
export async function startEnrichment(
  options: EnrichmentOptions,
  context: Pick<RoleContext, 'env' | 'log' | 'stdout' | 'signal'>,
  ending: AbortSignal,
): Promise<Enrichment> {
  const { settings } = options;
  const { log } = context;
  const parts = await createParts(options, context);
  for (const output of parts.outputs.all) await output.start(ending);
  await parts.sinks.writer?.start();
  parts.join.start();
  // Observers that found nobody here before come again with what they kept.
  if (parts.intake !== undefined) parts.join.noteSentBack();
  const receivingUrl = parts.intake === undefined ? undefined : await listen(parts.intake, log);
  const server = settings.metricsPort === 'off' ? undefined : await startEnrichServer(settings, parts, log);
  return { parts, receivingUrl, servingUrl: server?.url, stop: (deadline) => stop(parts, server, deadline) };
}

async function createParts(
  { settings, resource, names, receiving, isRouted, furtherSinks }: EnrichmentOptions,
  context: Pick<RoleContext, 'env' | 'log' | 'stdout' | 'signal'>,
): Promise<EnrichParts> {
  const outputs = await createEnrichOutputs(settings, resource, context);
  const isLocal = receiving === undefined;
  const sinks = createEnrichSinks(settings, context, {
    furtherSinks,
    mustChoose: !isRouted && outputs.elasticsearch === undefined,
    // What a capture file holds is long ago.
    nowMs: () => local?.nowMs ?? Date.now(),
  });
  const join = new ConnectionJoin({
    resolver: names.index,
    judge: createPolicyJudge(names.index, settings.policySettleMs),
    outputs: outputs.all,
    sinks: sinks.all,
    intervalMs: settings.intervalMs,
    windowMs: settings.joinWindowMs,
    maxHeldRecords: isLocal ? Infinity : settings.maxHeldRecords,
  });
  const local = isLocal ? new LocalIntake(join, resource, context.signal) : undefined;
  const handle = (request: LogsRequest): Promise<RelayAnswer> => takeRequest(request, join, names);
  const intake = isLocal ? undefined : createOtlpServer(receiving, handle, context.log);
  return { intake, local, names, join, outputs, sinks };
}

/** Until names can be told nothing is taken: what is stored under an address alone stays so. */
async function takeRequest(
  { flows, resources, recordCount }: LogsRequest,
  join: ConnectionJoin,
  names: EnrichNames,
): Promise<RelayAnswer> {
  if (!names.isReady()) {
    join.noteSentBack();
    return NOT_READY;
  }
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

async function listen({ server }: OtlpServer, log: Log): Promise<string> {
  const { url } = await server.start();
  log.info({ url }, 'receiving flow records');
  return url;
}

/** First no more comes in, while what waits goes out; then each part ends. */
async function stop(
  { intake, local, names, join, outputs, sinks }: EnrichParts,
  server: EnrichServer | undefined,
  deadline: Deadline,
): Promise<void> {
  const joined = join.stop(deadline);
  await intake?.server.stop(deadline);
  await joined;
  await local?.stop(deadline);
  for (const output of outputs.all) await output.stop(deadline);
  await sinks.writer?.stop(deadline);
  await names.stop(deadline);
  await server?.stop(deadline);
}
