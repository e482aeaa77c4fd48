import type { ProbeSettings } from '../config/settings.ts';
import { VERSION } from '../lib/version.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import type { Resource } from '../model/resource.ts';
import type { RoleContext } from '../model/role-context.ts';
import type { Deadline, RecordStage } from '../model/stage.ts';
import { createRecordWriter } from '../output/create-record-writer.ts';
import type { AccountedStage, LossSources } from '../output/loss-summary.ts';
import { toRunSummary, type RunSummary } from '../output/run-summary.ts';
import { SummaryCollector } from '../output/summary-collector.ts';
import { createOtlpSender, type OtlpStage } from '../otlp/create-otlp-sender.ts';

type OtlpSettings = Pick<
  ProbeSettings,
  | 'otlpEndpoint'
  | 'otlpEncoding'
  | 'otlpCompression'
  | 'otlpHeaders'
  | 'otlpTimeoutMs'
  | 'otlpQueueRecords'
  | 'otlpBatchRecords'
>;

export type OutputSettings = OtlpSettings & Pick<ProbeSettings, 'output' | 'outputFile' | 'json'>;

/** What a run's summary is made of beside the outputs. */
export interface SummarySources extends Omit<LossSources, 'stages'> {
  /** Frames of records that came from elsewhere, and went to the local outputs only. */
  readonly relayedFrames?: number;
  /** Stages that are no output. */
  readonly otherStages?: readonly AccountedStage[];
}

/** All stages that take flow records, in the order in which they get them. */
export class RecordOutputs {
  readonly stages: readonly RecordStage[];
  /** Those that keep records here: text, files, the summary. */
  readonly localStages: readonly RecordStage[];
  readonly #otlp: OtlpStage | undefined;
  readonly #summary: SummaryCollector | undefined;
  /** Aborted when the deadline has passed: what is still under way then is given up. */
  readonly #ended = new AbortController();

  constructor(otlp: OtlpStage | undefined, summary: SummaryCollector | undefined, others: readonly RecordStage[]) {
    this.#otlp = otlp;
    this.#summary = summary;
    this.localStages = [...(summary === undefined ? [] : [summary]), ...others];
    this.stages = otlp === undefined ? this.localStages : [otlp, ...this.localStages];
  }

  get otlpCounters(): (() => OtlpCounters) | undefined {
    const otlp = this.#otlp;
    return otlp === undefined ? undefined : () => otlp.counters();
  }

  async start(): Promise<void> {
    for (const stage of this.stages) await stage.start(this.#ended.signal);
  }

  /** Flushes all at once within the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    await Promise.all(this.stages.map((stage) => stage.stop(deadline)));
    this.#ended.abort();
  }

  /** The one JSON line that `--json` asks for; behind NDJSON on the same stdout it is the last line. */
  writeSummary(stdout: RoleContext['stdout'], sources: SummarySources, further: object = {}): void {
    const summary = this.#toSummary(sources);
    if (summary !== undefined) stdout.write(`${JSON.stringify({ ...summary, ...further })}\n`);
  }

  #toSummary({ relayedFrames = 0, otherStages = [], ...sources }: SummarySources): RunSummary | undefined {
    if (this.#summary === undefined) return undefined;
    const reportedFrames = sources.flows?.reportedFrames ?? 0;
    const outputs = this.stages.map((stage) => ({
      name: stage.name,
      account: () => stage.account(),
      handedFrames: reportedFrames + (stage === this.#otlp ? 0 : relayedFrames),
    }));
    return toRunSummary(this.#summary.collected(), { ...sources, stages: [...outputs, ...otherStages] });
  }
}

/**
 * Makes the stages that the settings ask for, beside `others`. What does not observe has no records of its own to send.
 * @throws PodflowError SETTINGS_INVALID when the receiver's address cannot be used
 */
export async function createRecordOutputs(
  settings: OutputSettings,
  resource: Resource,
  context: Pick<RoleContext, 'env' | 'log' | 'stdout'>,
  others: readonly RecordStage[],
  isObserving = true,
): Promise<RecordOutputs> {
  const otlp =
    isObserving && isOtlpWanted(settings, context.env)
      ? await createOtlpSender(toOtlpOptions(settings, resource), context.log)
      : undefined;
  const summary = settings.json ? new SummaryCollector() : undefined;
  const { output: format, outputFile: file } = settings;
  const writer =
    format === 'none' ? [] : [createRecordWriter({ format, file, resource, scopeVersion: VERSION, ...context })];
  return new RecordOutputs(otlp, summary, [...others, ...writer]);
}

/** Nothing is sent unless a receiver is named, by setting or by the standard environment names. */
export function isOtlpWanted({ otlpEndpoint }: Pick<OtlpSettings, 'otlpEndpoint'>, env: RoleContext['env']): boolean {
  const named = [otlpEndpoint, env['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']];
  return named.some((value) => value !== undefined && value !== '');
}

function toOtlpOptions(settings: OtlpSettings, resource: Resource): Parameters<typeof createOtlpSender>[0] {
  return {
    endpoint: settings.otlpEndpoint,
    encoding: settings.otlpEncoding,
    compression: settings.otlpCompression,
    headers: settings.otlpHeaders,
    timeoutMs: settings.otlpTimeoutMs,
    queueRecords: settings.otlpQueueRecords,
    batchRecords: settings.otlpBatchRecords,
    resource,
    scopeVersion: VERSION,
  };
}
