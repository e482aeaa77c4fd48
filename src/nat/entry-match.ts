import { TUPLE_WORDS } from './conntrack-entry.ts';

/** When a record's packets passed, on the clock of the table (monotonic ms). */
export interface RecordTime {
  readonly startMs: number;
  readonly endMs: number;
  /** Its first packet was the flow's first. */
  readonly isFirst: boolean;
}

/** What the table knows of a tuple; one object serves every lookup. */
export class EntryMatch {
  isTranslated = false;
  /** Others that may as well be meant have the tuple too and were translated differently. */
  isAmbiguous = false;
  /** The tuple is what the entry's server sees, not what its client dialled; false where they are the same. */
  isDelivered = false;
  /** The tuple's source is the entry's server. */
  isReversed = false;
  /**
   * The entry's other tuple, in the entry's own direction and in the layout of `TUPLE`: the delivered one, or where
   * `isDelivered` the original one. Filled only when `isTranslated`.
   */
  readonly other = new Uint32Array(TUPLE_WORDS);
}
