import type { ReplaySettings } from '../config/settings.ts';
import { toFrameCount } from '../lib/frame-count.ts';
import type { Log } from '../lib/log.ts';
import type { CaptureSink } from '../model/capture.ts';
import type { Connection } from '../model/connection.ts';
import type { Resource } from '../model/resource.ts';
import type { RoleContext } from '../model/role-context.ts';
import type { Deadline, RecordStage } from '../model/stage.ts';
import type { StitchCounters } from '../model/stitch-counters.ts';
import { ConnectionWriter } from '../output/connection-writer.ts';
import { createTextSink } from '../output/create-record-writer.ts';
import type { AccountedStage } from '../output/loss-summary.ts';
import { ConnectionJoin } from '../stitch/connection-join.ts';
import { createConnectionFormat } from './enrich/connection-format.ts';
import { createPolicyJudge } from './enrich/create-policy-judge.ts';
import { startNames } from './enrich/enrich-names.ts';
import { LocalIntake } from './enrich/local-intake.ts';
import { WorkloadPairs, type WorkloadSummary } from './enrich/workload-pairs.ts';

/** The connections that a capture file holds, named from a file of objects: the record stage that makes them. */
export class ReplayConnections {
  readonly #join: ConnectionJoin;
  readonly #intake: LocalIntake;
  readonly #pairs: WorkloadPairs;
  readonly #writer: ConnectionWriter | undefined;

  constructor(join: ConnectionJoin, intake: LocalIntake, pairs: WorkloadPairs, writer: ConnectionWriter | undefined) {
    this.#join = join;
    this.#intake = intake;
    this.#pairs = pairs;
    this.#writer = writer;
  }

  get stage(): RecordStage {
    return this.#intake;
  }

  /** The sink of a capture, so that each interval's connections are out before the next interval begins. */
  follow(sink: CaptureSink): CaptureSink {
    return this.#intake.follow(sink);
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#intake.stop(deadline);
    await this.#writer?.stop();
  }

  /** The written documents; a document is a connection. */
  get accountedStages(): readonly AccountedStage[] {
    const writer = this.#writer;
    if (writer === undefined) return [];
    const { frames: handedFrames } = writer.account().received;
    return [{ name: writer.name, account: () => writer.account(), handedFrames }];
  }

  summary(): WorkloadSummary & { readonly join: StitchCounters } {
    return { ...this.#pairs.summary(), join: this.#join.counters() };
  }
}

/**
 * Reads the objects and opens the output.
 * @throws PodflowError OBJECTS_FILE_INVALID, OUTPUT_FILE_UNWRITABLE
 */
export async function createReplayConnections(
  settings: ReplaySettings,
  resource: Resource,
  { log, stdout, signal }: Pick<RoleContext, 'log' | 'stdout' | 'signal'>,
): Promise<ReplayConnections> {
  const { objectsFile, clusterName, clusterCidrs = [], intervalMs } = settings;
  const names = await startNames({ objectsFile, kubernetesSource: 'off' }, { clusterName, clusterCidrs }, log, signal);
  const pairs = new WorkloadPairs();
  const writer = settings.documents === 'none' ? undefined : createWriter(settings, settings.documents, log, stdout);
  await writer?.start();
  const join = new ConnectionJoin({
    resolver: names.index,
    judge: createPolicyJudge(names.index, settings.policySettleMs),
    outputs: writer === undefined ? [] : [writer],
    sinks: [pairs],
    intervalMs,
    maxHeldRecords: Infinity,
  });
  return new ReplayConnections(join, new LocalIntake(join, resource, signal), pairs, writer);
}

function createWriter(
  { documentNamespace, outputFile }: ReplaySettings,
  form: 'ndjson' | 'ecs',
  log: Log,
  stdout: RoleContext['stdout'],
): ConnectionWriter {
  const format = createConnectionFormat(form, documentNamespace);
  const framesOf = ({ perspectives, record, serverRecord = record }: Connection): number =>
    toFrameCount(record) + (perspectives === 'both' ? toFrameCount(serverRecord) : 0);
  return new ConnectionWriter({ format, framesOf, sink: createTextSink(outputFile, stdout), log });
}
