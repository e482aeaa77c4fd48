import { setImmediate as nextTurn } from 'node:timers/promises';
import { koffi, libc } from '../lib/libc.ts';
import { ConntrackEntry } from './conntrack-entry.ts';
import type { DumpOutcome } from './conntrack-source.ts';
import { CT_MESSAGE, NLM_F, NLMSG } from './ctnetlink.ts';
import { type CtnetlinkSocket, isWouldBlock } from './ctnetlink-socket.ts';
import { decodeConntrackMessage } from './decode-conntrack-message.ts';
import { type MessageTaker, readMessages } from './read-messages.ts';

const RECEIVE_BYTES = 64 * 1_024;
/** Of one turn of the event loop; what else runs in it has its own share. */
const BUDGET_MS = 4;
/** The kernel answers at once; it never takes this long. */
const PATIENCE_MS = 5_000;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

export interface DumpTaker {
  take(entry: ConntrackEntry): void;
  malformed(): void;
}

/** Reads all entries of a namespace through a socket that serves nothing else, a few milliseconds at a time. */
export class DumpReader {
  readonly #socket: CtnetlinkSocket;
  readonly #bytes = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  readonly #entry = new ConntrackEntry();
  #isInterrupted = false;
  #end: 'done' | 'failed' | undefined;

  constructor(socket: CtnetlinkSocket) {
    this.#socket = socket;
  }

  async read(taker: DumpTaker, signal: AbortSignal): Promise<DumpOutcome> {
    const wanted = this.#socket.request(CT_MESSAGE.get, NLM_F.dump);
    if (wanted === undefined) return 'failed';
    this.#isInterrupted = false;
    this.#end = undefined;
    const take: MessageTaker = (type, flags, sequence, at, end) =>
      sequence !== wanted || this.#take(type, flags, at, end, taker);
    for (let quietSinceMs = performance.now(); ; await nextTurn()) {
      if (this.#readTurn(taker, take)) quietSinceMs = performance.now();
      if (this.#end === 'done') return this.#isInterrupted ? 'interrupted' : 'complete';
      const isLate = performance.now() - quietSinceMs > PATIENCE_MS;
      if (this.#end === 'failed' || isLate || signal.aborted) return 'failed';
    }
  }

  /** Reads for one turn of the event loop; whether something came. */
  #readTurn(taker: DumpTaker, take: MessageTaker): boolean {
    const startMs = performance.now();
    for (let reads = 0; ; reads++) {
      const length = Number(libc.recv(this.#socket.fd, this.#bytes, RECEIVE_BYTES, MSG_DONTWAIT | MSG_TRUNC));
      if (length < 0) {
        if (!isWouldBlock(koffi.errno())) this.#end = 'failed';
        return reads > 0;
      }
      const isWhole = length <= RECEIVE_BYTES && readMessages(this.#bytes, 0, length, take);
      if (!isWhole) taker.malformed();
      if (this.#end !== undefined || performance.now() - startMs > BUDGET_MS) return true;
    }
  }

  #take(type: number, flags: number, at: number, end: number, taker: DumpTaker): boolean {
    if ((flags & NLM_F.dumpInterrupted) !== 0) this.#isInterrupted = true;
    // Both carry an errno; that of DONE is negative when the dump broke off.
    if (type === NLMSG.error) this.#end = 'failed';
    else if (type === NLMSG.done) this.#end = end - at >= 4 && this.#bytes.readInt32LE(at) < 0 ? 'failed' : 'done';
    else if (type === CT_MESSAGE.new) {
      if (decodeConntrackMessage(this.#bytes, at, end, this.#entry)) taker.take(this.#entry);
      else taker.malformed();
    }
    return this.#end === undefined;
  }
}
