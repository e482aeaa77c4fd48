import { createFlowRecord } from '../../lib/create-flow-record.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { ABSENT, ATTRIBUTE_COUNT, indexOfAttribute, READ, WRITE } from './flow-attribute-table.ts';
import { PART, type RecordParts } from './record-parts.ts';

const STATE = { absent: 0, kept: 1, changed: 2 } as const;
const VERDICT = indexOfAttribute('flow.verdict');

/**
 * What a record says otherwise than the bytes that it was decoded from. An attribute that cannot stand in a record
 * counts as kept while the record says nothing of it; of one that is told several times the last counts, as for the
 * decoder.
 */
export class RecordChanges {
  /** Attributes to be written anew, by their index. */
  readonly attributes: number[] = [];
  isTimeChanged = false;
  isSeverityChanged = false;
  readonly #states = new Uint8Array(ATTRIBUTE_COUNT);
  readonly #scratch = createFlowRecord();

  /** Compares; true when anything differs. */
  find(parts: RecordParts, record: FlowRecord): boolean {
    const states = this.#states.fill(STATE.absent);
    for (let i = 0; i < parts.count; i++) {
      const id = parts.ids[i] as number;
      if (id < 0) continue;
      const told = parts.values[i];
      const current = (READ[id] as (typeof READ)[number])(record);
      const isKept = current === (told ?? ABSENT[id]) || (told !== undefined && this.#isSame(id, told, current));
      states[id] = isKept ? STATE.kept : STATE.changed;
    }
    this.attributes.length = 0;
    for (let id = 0; id < ATTRIBUTE_COUNT; id++) {
      const state = states[id];
      if (state === STATE.absent && (READ[id] as (typeof READ)[number])(record) !== ABSENT[id])
        states[id] = STATE.changed;
      if (states[id] === STATE.changed) this.attributes.push(id);
    }
    this.isTimeChanged = record.intervalEndNs !== parts.timeNs;
    this.isSeverityChanged = states[VERDICT] === STATE.changed;
    return this.isTimeChanged || this.attributes.length > 0;
  }

  /** Whether a record says the same in other words: a list of symptoms may have another order, or unknown names. */
  #isSame(id: number, told: string | number, current: string | number | undefined): boolean {
    (WRITE[id] as (typeof WRITE)[number])(this.#scratch, told);
    return (READ[id] as (typeof READ)[number])(this.#scratch) === current;
  }

  /** Whether a part of a changed record is to be left out: it is written anew, or absent now. */
  isLeftOut(part: number, hasTraceId: boolean): boolean {
    if (part >= 0) return this.#states[part] === STATE.changed;
    if (part === PART.traceId) return hasTraceId;
    return part === PART.time ? this.isTimeChanged : part === PART.severity && this.isSeverityChanged;
  }
}
