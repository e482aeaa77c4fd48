import type { CaptureCounters } from '../model/capture.ts';
import type { FlowCounters } from '../model/flow-counters.ts';
import type { Amount, LossReason, RecordStage, StageAccount } from '../model/stage.ts';

/** Where the counters come from that explain every frame. */
export interface LossSources {
  /** Absent, both, where the run captured nothing itself. */
  readonly capture?: CaptureCounters;
  readonly flows?: FlowCounters;
  readonly stages: readonly AccountedStage[];
}

/** A stage, and the frames handed to it where these are not just what the flow table reported. */
export type AccountedStage = Pick<RecordStage, 'name' | 'account'> & { readonly handedFrames?: number };

/** What became of every frame and record, step by step; what the counters do not tell is `unexplained`. */
export interface LossSummary {
  /** Whether every step adds up. */
  readonly explained: boolean;
  readonly capture?: CaptureLosses;
  readonly flowTable?: FlowTableLosses;
  readonly stages: Readonly<Record<string, StageLosses>>;
}

/** interface = attributed + unattributed + non-IP + missed; the interface's own counters are absent for a file. */
interface CaptureLosses extends Readonly<CaptureCounters> {
  readonly unexplainedFrames: number;
  readonly unexplainedBytes: number;
}

/** attributed = reported + table full. */
interface FlowTableLosses {
  readonly reportedFrames: number;
  readonly tableFullFrames: number;
  readonly tableFullFlows: number;
  readonly unexplainedFrames: number;
}

/** received = forwarded + dropped + held, and received are all frames that were handed to it. */
interface StageLosses {
  readonly received: Amount;
  readonly forwarded: Amount;
  readonly held: Amount;
  readonly dropped: { readonly [Reason in LossReason]?: Amount };
  readonly unexplainedRecords: number;
  readonly unexplainedFrames: number;
}

/** The interface counts a VLAN tag that the capture may not see. */
const VLAN_TAG_BYTES = 4;

/** The account of a run that has ended; while one runs, what is on its way between two steps is unexplained. */
export function toLossSummary({ capture, flows, stages }: LossSources): LossSummary {
  const observed =
    capture === undefined || flows === undefined
      ? {}
      : { capture: toCaptureLosses(capture), flowTable: toFlowTableLosses(capture, flows) };
  const reportedFrames = flows?.reportedFrames ?? 0;
  const stageLosses = stages.map(
    (stage) => [stage.name, toStageLosses(stage.account(), stage.handedFrames ?? reportedFrames)] as const,
  );
  const differences = [
    observed.capture?.unexplainedFrames ?? 0,
    observed.capture?.unexplainedBytes ?? 0,
    observed.flowTable?.unexplainedFrames ?? 0,
    ...stageLosses.flatMap(([, { unexplainedRecords, unexplainedFrames }]) => [unexplainedRecords, unexplainedFrames]),
  ];
  return {
    explained: differences.every((difference) => difference === 0),
    ...observed,
    stages: Object.fromEntries(stageLosses),
  };
}

function toCaptureLosses(counters: CaptureCounters): CaptureLosses {
  const { attributedFrames, unattributedFrames, nonIpFrames, missedFrames, interfaceFrames } = counters;
  const { attributedBytes, unattributedBytes, nonIpBytes, missedBytes, interfaceBytes } = counters;
  const toldFrames = attributedFrames + unattributedFrames + nonIpFrames + missedFrames;
  const toldBytes = attributedBytes + unattributedBytes + nonIpBytes + missedBytes;
  const missingBytes = (interfaceBytes ?? toldBytes) - toldBytes;
  const tagBytes = Math.min(Math.max(missingBytes, 0), counters.taggedFrames * VLAN_TAG_BYTES);
  return {
    ...counters,
    unexplainedFrames: (interfaceFrames ?? toldFrames) - toldFrames,
    unexplainedBytes: missingBytes - tagBytes,
  };
}

function toFlowTableLosses({ attributedFrames }: CaptureCounters, flows: FlowCounters): FlowTableLosses {
  const { reportedFrames, tableFullFrames, tableFullFlows } = flows;
  const unexplainedFrames = attributedFrames - reportedFrames - tableFullFrames;
  return { reportedFrames, tableFullFrames, tableFullFlows, unexplainedFrames };
}

function toStageLosses({ received, forwarded, held, dropped }: StageAccount, handedFrames: number): StageLosses {
  const ends = [forwarded, held, ...dropped.values()];
  const endedRecords = ends.reduce((sum, { records }) => sum + records, 0);
  const endedFrames = ends.reduce((sum, { frames }) => sum + frames, 0);
  return {
    received,
    forwarded,
    held,
    dropped: Object.fromEntries(dropped),
    unexplainedRecords: received.records - endedRecords,
    unexplainedFrames: handedFrames - endedFrames,
  };
}
