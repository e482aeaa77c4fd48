import { type FlowDeltaBatch, SEEN } from '../model/flow-delta.ts';
import { DeltaReader } from './delta-reader.ts';
import type { FlowLedger } from './flow-ledger.ts';
import type { FlowReporter } from './flow-reporter.ts';
import type { FlowRow } from './flow-row.ts';
import { type FlowRows, KEY_WORDS } from './flow-rows.ts';
import { isNewConnection } from './is-new-connection.ts';
import { mergeDelta } from './merge-delta.ts';
import type { OpenInterval } from './open-interval.ts';
import { resetRow } from './reset-row.ts';
import { ROW_U8 } from './row-layout.ts';

/** Share of the rows from which settled flows make room for new ones. */
const PRESSURE_SHARE = 0.75;

/** Takes deltas into the rows: finds or opens each flow's row, splits connections that reuse a tuple. */
export class FlowIntake {
  /** Of the latest batch: added to a time of the deltas it gives nanoseconds since the epoch. */
  clockOffsetNs = 0;
  readonly #rows: FlowRows;
  readonly #ledger: FlowLedger;
  readonly #reporter: FlowReporter;
  readonly #openInterval: OpenInterval;
  readonly #pressureRows: number;
  readonly #delta = new DeltaReader();

  constructor(rows: FlowRows, ledger: FlowLedger, reporter: FlowReporter, interval: OpenInterval, maxFlows: number) {
    this.#rows = rows;
    this.#ledger = ledger;
    this.#reporter = reporter;
    this.#openInterval = interval;
    this.#pressureRows = PRESSURE_SHARE * maxFlows;
  }

  apply(batch: FlowDeltaBatch): void {
    const isIpv6 = batch.family === 'ipv6';
    const wordCount = KEY_WORDS[batch.family];
    const keys = new Uint32Array(batch.keys.buffer, batch.keys.byteOffset, batch.count * wordCount);
    this.clockOffsetNs = batch.clockOffsetNs;
    this.#delta.open(batch.values, batch.count);
    for (let value = 0; value < batch.count; value++) {
      this.#delta.seek(value);
      this.#take(keys, value * wordCount, isIpv6);
    }
    this.#reporter.slice.flush();
  }

  #take(keys: Uint32Array, at: number, isIpv6: boolean): void {
    const frames = this.#delta.frames(0) + this.#delta.frames(1);
    if (frames === 0) return;
    this.#ledger.framesIn += frames;
    let row = this.#rows.find(keys, at, isIpv6);
    if (row === undefined) row = this.#open(keys, at, isIpv6);
    else if (isNewConnection(row, this.#delta)) this.#replace(row);
    if (row === undefined) return this.#refuse(frames);
    mergeDelta(row, this.#delta);
    this.#rows.markPending(row);
  }

  #open(keys: Uint32Array, at: number, isIpv6: boolean): FlowRow | undefined {
    const settled = this.#rows.used >= this.#pressureRows ? this.#rows.findSettled() : undefined;
    if (settled !== undefined) this.#reporter.end(settled, 'lack_of_resources');
    const row = this.#rows.open(keys, at, isIpv6);
    if (row !== undefined) resetRow(row, this.#ledger.started++, this.#delta.firstFrameNs);
    return row;
  }

  #refuse(frames: number): void {
    const { tableFull } = this.#ledger;
    tableFull.flows++;
    tableFull.frames += frames;
    tableFull.bytes += this.#delta.bytes(0) + this.#delta.bytes(1);
  }

  /** The delta at hand begins another connection of the row's tuple: tells of the old one and starts anew. */
  #replace(row: FlowRow): void {
    if (row.isPending) this.#tellReplaced(row);
    this.#ledger.ended.end_of_flow_detected++;
    const { orientation } = row;
    resetRow(row, this.#ledger.started++, this.#delta.firstFrameNs);
    const isOpening = ((this.#delta.seen(0) | this.#delta.seen(1)) & (SEEN.syn | SEEN.synAck)) !== 0;
    if (!isOpening) row.chunk.u8[row.u8At + ROW_U8.orientation] = orientation;
  }

  #tellReplaced(row: FlowRow): void {
    const { clockOffsetNs } = this;
    const { startNs, endNs } = this.#openInterval.at(this.#delta.firstFrameNs + clockOffsetNs);
    // Nothing more comes of the old connection: whatever was awaited of it has not come.
    const nowNs = Number.POSITIVE_INFINITY;
    const moment = { intervalStartNs: startNs, intervalEndNs: endNs, nowNs, clockOffsetNs };
    this.#reporter.tell(row, moment, 'end_of_flow_detected');
  }
}
