import type { FlowRecord } from '../model/flow-record.ts';

/** Takes records into the open batch, one by one, and ends it. Keeps no reference to a record. */
export interface BatchEncoder<Payload> {
  /** Records of the open batch. */
  readonly recordCount: number;
  /** Bytes of the open batch before compression; 0 where they are not known. */
  readonly byteCount: number;
  /** Adds a record, observed at `observedNs` (Unix epoch). False when it could not be encoded: nothing was added. */
  append(record: FlowRecord, observedNs: number): boolean;
  /** Ends the open batch, which holds at least one record; gives what the client sends. */
  finish(): Payload;
}
