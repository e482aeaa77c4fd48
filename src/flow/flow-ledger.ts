import type { FlowEndReason } from '../model/flow-record.ts';

/** What the table counts since it was made; plain numbers, added to where the thing happens. */
export class FlowLedger {
  /** Flows begun; started = active + ended, over all reasons. */
  started = 0;
  readonly ended: Record<FlowEndReason, number> = {
    idle_timeout: 0,
    active_timeout: 0,
    end_of_flow_detected: 0,
    forced_end: 0,
    lack_of_resources: 0,
  };
  /** Frames of all deltas handed in. */
  framesIn = 0;
  /** Frames told by records. */
  framesReported = 0;
  /** Deltas that found no row, with their frames and bytes. */
  readonly tableFull = { flows: 0, frames: 0, bytes: 0 };
  icmpErrorsMatched = 0;
  icmpErrorsUnmatched = 0;
}
