import type { FlowCounters } from '../model/flow-counters.ts';
import type { FlowDeltaBatch } from '../model/flow-delta.ts';
import type { IcmpError } from '../model/icmp-error.ts';
import { FlowIntake } from './flow-intake.ts';
import { FlowLedger } from './flow-ledger.ts';
import { FlowReporter, type FlowReporterOptions } from './flow-reporter.ts';
import type { FlowRow } from './flow-row.ts';
import { FlowRows } from './flow-rows.ts';
import { markIcmpError } from './mark-icmp-error.ts';
import { OpenInterval } from './open-interval.ts';
import { PendingIcmpErrors } from './pending-icmp-errors.ts';
import type { ReportMoment } from './record-filler.ts';
import { RowSweep } from './row-sweep.ts';

export interface FlowTableOptions extends FlowReporterOptions {
  /** Length of the report interval. */
  readonly intervalMs: number;
  readonly maxFlows: number;
}

/** All that the table counts; started flows = active + ended. */
export interface FlowTableCounters extends FlowCounters {
  readonly startedFlows: number;
  readonly tableFullBytes: number;
  /** Settled flows that made room for new ones: those that ended by `lack_of_resources`. */
  readonly evictedFlows: number;
  readonly icmpErrorsMatched: number;
  readonly icmpErrorsUnmatched: number;
}

/** Frames handed in = reported + held + refused; the held ones are counted over the rows. */
export interface FlowTableAccount {
  readonly framesIn: number;
  readonly framesReported: number;
  readonly framesHeld: number;
  readonly framesTableFull: number;
}

/**
 * Makes flow records of what a capture saw: remembers each flow, tells client from server, follows TCP connections,
 * and reports every interval what changed. Bounded; a flow that finds no room is counted.
 *
 * Deltas of one table share one clock, whose offset from the wall clock may change.
 */
export class FlowTable {
  readonly #rows: FlowRows;
  readonly #ledger = new FlowLedger();
  readonly #reporter: FlowReporter;
  readonly #intake: FlowIntake;
  readonly #sweep: RowSweep;
  readonly #openInterval: OpenInterval;
  readonly #icmpErrors = new PendingIcmpErrors();

  constructor(options: FlowTableOptions) {
    const { maxFlows, intervalMs } = options;
    this.#rows = new FlowRows(maxFlows);
    this.#openInterval = new OpenInterval(intervalMs);
    this.#reporter = new FlowReporter(this.#rows, this.#ledger, options);
    this.#intake = new FlowIntake(this.#rows, this.#ledger, this.#reporter, this.#openInterval, maxFlows);
    this.#sweep = new RowSweep(this.#rows, this.#reporter.slice);
  }

  /** Adds what changed for a run of flows. */
  apply(batch: FlowDeltaBatch): void {
    this.#intake.apply(batch);
  }

  /** Notes an ICMP error; its flow is looked for once that was handed over. */
  applyIcmpError(error: IcmpError): void {
    if (!this.#icmpErrors.add(error)) this.#ledger.icmpErrorsUnmatched++;
  }

  /** Between two reports: tells of and frees the connections that ended, so that short ones do not fill the table. */
  drained(nowNs: number): void {
    if (this.#sweep.isRunning) return;
    this.#settleIcmpErrors(false);
    const moment = this.#momentOf(this.#openInterval.at(nowNs), nowNs);
    void this.#sweep.run((row) => this.#reporter.visitAtDrain(row, moment));
  }

  /** Reports an interval; the event loop gets its turn between slices. */
  async report(startNs: number, endNs: number): Promise<void> {
    this.#settleIcmpErrors(false);
    const moment = this.#momentOf({ startNs, endNs }, endNs);
    await this.#sweep.run((row) => this.#reporter.visitAtReport(row, moment));
    this.#openInterval.close(endNs);
  }

  /** Reports what is held, ends every flow and leaves the table empty. */
  async stop(nowNs: number): Promise<void> {
    this.#settleIcmpErrors(true);
    const moment = this.#momentOf(this.#openInterval.at(nowNs), nowNs);
    await this.#sweep.run((row) => this.#reporter.visitAtStop(row, moment));
  }

  counters(): FlowTableCounters {
    const { ended, tableFull, started, framesReported, icmpErrorsMatched, icmpErrorsUnmatched } = this.#ledger;
    return {
      activeFlows: this.#rows.used,
      startedFlows: started,
      endedByReason: { ...ended },
      reportedFrames: framesReported,
      tableFullFlows: tableFull.flows,
      tableFullFrames: tableFull.frames,
      tableFullBytes: tableFull.bytes,
      evictedFlows: ended.lack_of_resources,
      icmpErrorsMatched,
      icmpErrorsUnmatched,
    };
  }

  /** The loss identity of the table; walks over the rows (some milliseconds for a full table). */
  account(): FlowTableAccount {
    const { framesIn, framesReported, tableFull } = this.#ledger;
    return { framesIn, framesReported, framesHeld: this.#countHeld(), framesTableFull: tableFull.frames };
  }

  #countHeld(): number {
    let frames = 0;
    for (let index = 0; index < this.#rows.limit; index++) {
      const row: FlowRow | undefined = this.#rows.at(index);
      if (row !== undefined) frames += row.frames(0) + row.frames(1);
    }
    return frames;
  }

  #momentOf(interval: { startNs: number; endNs: number }, timeNs: number): ReportMoment {
    const { clockOffsetNs } = this.#intake;
    return {
      intervalStartNs: interval.startNs,
      intervalEndNs: interval.endNs,
      nowNs: timeNs - clockOffsetNs,
      clockOffsetNs,
    };
  }

  #settleIcmpErrors(isLastTime: boolean): void {
    const { clockOffsetNs } = this.#intake;
    const settled = this.#icmpErrors.settle((error) => markIcmpError(this.#rows, error, clockOffsetNs), isLastTime);
    this.#ledger.icmpErrorsMatched += settled.matched;
    this.#ledger.icmpErrorsUnmatched += settled.unmatched;
  }
}
