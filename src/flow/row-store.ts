import { KEY_KIND } from '../model/flow-delta.ts';
import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { FlowRow } from './flow-row.ts';
import { CHUNK_MASK, CHUNK_ROWS, CHUNK_SHIFT, createRowChunk, type RowChunk } from './row-chunk.ts';
import { ROW_STATE, ROW_U32 } from './row-layout.ts';

/** Where the word of protocol, kind and VLAN stands in a key, from its end; the last is the point. */
const KEY_STATE_WORD = -2;

/** Rows of flows in chunks that are made when needed; a freed row is the next to be used again. */
export class RowStore {
  readonly #chunks: RowChunk[];
  readonly #row: FlowRow;
  readonly #maxRows: number;
  /** Head of the list of freed rows, which is threaded through their key words; -1 when empty. */
  #freed = -1;
  #limit = 0;
  #used = 0;

  constructor(maxRows: number) {
    const first = createRowChunk();
    this.#chunks = [first];
    this.#row = new FlowRow(first);
    this.#maxRows = maxRows;
  }

  /** All used rows have a lower index. */
  get limit(): number {
    return this.#limit;
  }
  get used(): number {
    return this.#used;
  }

  /** Lays the one cursor over a row that was given out before. */
  at(index: number): FlowRow {
    this.#row.seek(this.#chunks[index >>> CHUNK_SHIFT]!, index);
    return this.#row;
  }

  stateAt(index: number): number {
    return this.#chunks[index >>> CHUNK_SHIFT]!.states[index & CHUNK_MASK]!;
  }

  /** Gives out a row with the key, otherwise as its last flow left it; undefined when all are used. */
  allocate(keys: Uint32Array, at: number, wordCount: number, isIpv6: boolean): FlowRow | undefined {
    const index = this.#freed === -1 ? this.#extend() : this.#freed;
    if (index === -1) return undefined;
    const row = this.at(index);
    const keyAt = row.u32At + ROW_U32.key;
    if (index === this.#freed) this.#freed = row.chunk.u32[keyAt]! - 1;
    for (let word = 0; word < wordCount; word++) row.chunk.u32[keyAt + word] = keys[at + word]!;
    row.state = ROW_STATE.used | (isIpv6 ? ROW_STATE.ipv6 : 0) | toKeyState(keys[at + wordCount + KEY_STATE_WORD]!);
    this.#used++;
    return row;
  }

  /** Takes a row back. */
  free(row: FlowRow): void {
    row.state = 0;
    row.chunk.communityIds[row.local] = undefined;
    row.chunk.addresses[2 * row.local] = undefined;
    row.chunk.addresses[2 * row.local + 1] = undefined;
    row.chunk.u32[row.u32At + ROW_U32.key] = this.#freed + 1;
    this.#freed = row.index;
    this.#used--;
  }

  #extend(): number {
    if (this.#limit === this.#maxRows) return -1;
    if (this.#limit === this.#chunks.length * CHUNK_ROWS) this.#chunks.push(createRowChunk());
    return this.#limit++;
  }
}

/** What the word of protocol, kind and VLAN says of its flow, as `ROW_STATE` bits. */
function toKeyState(word: number): number {
  const protocol = word & 0xff;
  if (((word >>> 8) & 0xff) !== KEY_KIND.normal) return 0;
  if (protocol === IP_PROTOCOL.tcp) return ROW_STATE.tcp | ROW_STATE.ports;
  return protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.sctp ? ROW_STATE.ports : 0;
}
