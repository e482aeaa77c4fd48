import { setTimeout as delay } from 'node:timers/promises';
import { createResource } from '../config/resource.ts';
import type { EvidenceSettings } from '../config/settings.ts';
import { EvidenceTally } from '../evidence/evidence-tally.ts';
import { LogReader } from '../evidence/log-reader.ts';
import { readLog } from '../evidence/read-log.ts';
import { toEvidenceSummary } from '../evidence/to-evidence-summary.ts';
import { parseVpcFormat, type VpcLayout } from '../evidence/vpc-layout.ts';
import { createDeadline } from '../lib/deadline.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Log } from '../model/log.ts';
import type { RoleContext } from '../model/role-context.ts';
import type { RecordStage } from '../model/stage.ts';
import { createRecordOutputs } from './record-outputs.ts';
import { startTelemetry } from './telemetry.ts';

/** Records handed on at once, and those that an output may hold before the reading waits for it. */
const SLICE_RECORDS = 256;
const MOST_HELD_RECORDS = 4_096;
const ROOM_POLL_MS = 10;

/**
 * Reads others' logs and hands on the drops that they tell as records. Ends with the logs, or by the signal. Reads no
 * faster than its outputs take: a log waits, where packets cannot.
 * @throws PodflowError EVIDENCE_LOG_UNREADABLE of the first log that could not be read, after the others were
 */
export async function runEvidence(
  paths: readonly string[],
  settings: EvidenceSettings,
  context: RoleContext,
): Promise<void> {
  const layout = settings.fields === undefined ? undefined : readLayout(settings.fields);
  const resource = createResource(settings, context.env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const outputs = await createRecordOutputs(settings, resource, { ...context, log }, []);
  await outputs.start();
  telemetry.observe(outputs);

  const tally = new EvidenceTally();
  const reading = { settings, layout, tally, log, signal: context.signal, stages: outputs.stages };
  const failures = await readAll(paths, reading);

  const summary = toEvidenceSummary(tally);
  log.info(summary, 'The logs were read');
  await outputs.stop(createDeadline(settings.shutdownDeadlineMs));
  await telemetry.shutdown();
  outputs.writeSummary(context.stdout, {}, { evidence: summary });
  if (failures[0] !== undefined) throw failures[0];
}

/** What reading a log needs. */
interface Reading {
  readonly settings: EvidenceSettings;
  readonly layout: VpcLayout | undefined;
  readonly tally: EvidenceTally;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly stages: readonly RecordStage[];
}

/** One log after the other; those that are followed, which have no end, at once. Returns what could not be read. */
async function readAll(paths: readonly string[], reading: Reading): Promise<PodflowError[]> {
  const failures: PodflowError[] = [];
  const readOne = async (path: string): Promise<void> => {
    try {
      await readWhole(path, reading);
    } catch (error) {
      if (!(error instanceof PodflowError)) throw error;
      reading.log.error({ path, code: error.code }, error.message);
      failures.push(error);
    }
  };
  if (reading.settings.isFollowing) await Promise.all(paths.map(readOne));
  else for (const path of paths) await readOne(path);
  return failures;
}

async function readWhole(path: string, reading: Reading): Promise<void> {
  const { settings, layout, tally, log, signal } = reading;
  const { evidenceFormat: format, intervalMs, isFollowing } = settings;
  const reader = new LogReader({ path, format, layout, intervalMs }, tally, log);
  for await (const piece of readLog(path, { signal, isFollowing })) {
    await handOn(piece === 'file_ended' ? reader.endFile() : reader.read(piece), reading);
  }
}

async function handOn(records: readonly FlowRecord[], { settings, signal, stages }: Reading): Promise<void> {
  const mostHeld = Math.min(MOST_HELD_RECORDS, settings.otlpQueueRecords / 2);
  const isFull = (): boolean => stages.some((stage) => stage.account().held.records > mostHeld);
  for (let at = 0; at < records.length; at += SLICE_RECORDS) {
    while (isFull() && !signal.aborted) await delay(ROOM_POLL_MS);
    for (const stage of stages) stage.accept(records.slice(at, at + SLICE_RECORDS));
  }
}

/** @throws PodflowError SETTINGS_INVALID */
function readLayout(fields: string): VpcLayout {
  const layout = parseVpcFormat(fields);
  if (!('problem' in layout)) return layout;
  throw new PodflowError('SETTINGS_INVALID', { count: 1, problems: `- --fields "${fields}" ${layout.problem}.` });
}
