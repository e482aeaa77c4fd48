import type { Registry } from 'prom-client';
import type { Amount, LossReason, RecordStage } from '../model/stage.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup, type Report } from './register-group.ts';

/** What of a stage is shown. */
export type AccountedStage = Pick<RecordStage, 'name' | 'account'>;

/** Every reason stands at 0 from the start: Prometheus makes no rate of a series that begins above 0. */
const NOTHING_LOST: Readonly<Record<LossReason, Amount>> = {
  queue_full: { records: 0, frames: 0 },
  rejected: { records: 0, frames: 0 },
  partial_success: { records: 0, frames: 0 },
  deadline: { records: 0, frames: 0 },
  write_failed: { records: 0, frames: 0 },
  stopped: { records: 0, frames: 0 },
  encode_failed: { records: 0, frames: 0 },
  sent_back: { records: 0, frames: 0 },
};

/** Shows the account of each stage: received = forwarded + dropped + held. */
export function registerStageMetrics(registry: Registry, stages: () => readonly AccountedStage[]): void {
  const { stageRecords, stageFrames, stageHeldRecords, stageHeldFrames } = METRICS;
  registerGroup(registry, [stageRecords, stageFrames, stageHeldRecords, stageHeldFrames], (report) => {
    for (const stage of stages()) reportStage(report, stage);
  });
}

function reportStage(report: Report, accounted: AccountedStage): void {
  const { received, forwarded, dropped, held } = accounted.account();
  const stage = accounted.name;
  const outcomes = [
    { labels: { stage, outcome: 'received' }, amount: received },
    { labels: { stage, outcome: 'forwarded' }, amount: forwarded },
    ...Object.entries({ ...NOTHING_LOST, ...Object.fromEntries(dropped) }).map(([reason, amount]) => ({
      labels: { stage, outcome: 'dropped', reason },
      amount,
    })),
  ];
  for (const { labels, amount } of outcomes) {
    report(METRICS.stageRecords, labels, amount.records);
    report(METRICS.stageFrames, labels, amount.frames);
  }
  report(METRICS.stageHeldRecords, { stage }, held.records);
  report(METRICS.stageHeldFrames, { stage }, held.frames);
}
