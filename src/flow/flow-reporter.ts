import type { FlowEndReason, FlowRecord } from '../model/flow-record.ts';
import { type FlowTimeouts, isQuiet, resolveDueEnd } from './due-end.ts';
import type { FlowLedger } from './flow-ledger.ts';
import type { FlowRow } from './flow-row.ts';
import type { FlowRows } from './flow-rows.ts';
import { resolveOrientation } from './orientation.ts';
import { RecordFiller, type RecordFillerOptions, type ReportMoment } from './record-filler.ts';
import { RecordSlice } from './record-slice.ts';
import { clearReported, renumberRow } from './reset-row.ts';
import { ROW_U8 } from './row-layout.ts';

export interface FlowReporterOptions extends RecordFillerOptions, FlowTimeouts {
  /** Takes records in slices; they are reused, so it reads them before it returns. Must not throw. */
  readonly emit: (records: readonly FlowRecord[]) => void;
}

/** Decides what each row has to tell and whether it stays. */
export class FlowReporter {
  readonly slice: RecordSlice;
  readonly #rows: FlowRows;
  readonly #ledger: FlowLedger;
  readonly #timeouts: FlowTimeouts;
  readonly #filler: RecordFiller;

  constructor(rows: FlowRows, ledger: FlowLedger, options: FlowReporterOptions) {
    this.#rows = rows;
    this.#ledger = ledger;
    this.#timeouts = options;
    this.#filler = new RecordFiller(options);
    this.slice = new RecordSlice(options.emit);
  }

  /** At the end of an interval: start, update or end of what had packets; frees what is over. */
  visitAtReport(row: FlowRow, moment: ReportMoment): void {
    if (isOfNextInterval(row, moment.nowNs)) return;
    const due = resolveDueEnd(row, moment.nowNs, this.#timeouts);
    if (row.isPending) this.tell(row, moment, due);
    if (due === 'active_timeout') this.#goOn(row, moment.nowNs);
    else if (due === 'idle_timeout' || (due !== undefined && isQuiet(row, moment.nowNs))) this.end(row, due);
  }

  /** Within an interval: connections that ended and are quiet. */
  visitAtDrain(row: FlowRow, moment: ReportMoment): void {
    if (!row.isEnded || !isQuiet(row, moment.nowNs)) return;
    if (row.isPending) this.tell(row, moment, 'end_of_flow_detected');
    this.end(row, 'end_of_flow_detected');
  }

  /** At the end of the observation: everything. */
  visitAtStop(row: FlowRow, moment: ReportMoment): void {
    const reason = row.isEnded ? 'end_of_flow_detected' : 'forced_end';
    if (row.isPending) this.tell(row, moment, reason);
    this.end(row, reason);
  }

  /** Makes the record of a row with packets to report. */
  tell(row: FlowRow, moment: ReportMoment, reason: FlowEndReason | undefined): void {
    if (row.orientation === 0) row.chunk.u8[row.u8At + ROW_U8.orientation] = resolveOrientation(row);
    this.#filler.fill(this.slice.next(), row, moment, reason);
    this.#ledger.framesReported += row.frames(0) + row.frames(1);
    clearReported(row);
    this.#rows.markSettled(row);
  }

  /** Counts the end of a flow and frees its row. */
  end(row: FlowRow, reason: FlowEndReason): void {
    this.#ledger.ended[reason]++;
    this.#rows.release(row);
  }

  #goOn(row: FlowRow, nowNs: number): void {
    this.#ledger.ended.active_timeout++;
    renumberRow(row, this.#ledger.started++, nowNs);
  }
}

/** Longer than a drain takes; what is later is of a clock that stepped. */
const DRAIN_NS = 1e9;

/**
 * Whether a flow began between the end of the interval and its drain. The observer of its other end, which drains at
 * another moment, may see it in the next interval only; told there by both, it is one connection.
 */
function isOfNextInterval(row: FlowRow, endNs: number): boolean {
  return row.sequence === 0 && row.startedNs > endNs && row.startedNs < endNs + DRAIN_NS;
}
