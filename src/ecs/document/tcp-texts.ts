import type { FlowRecord } from '../../model/flow-record.ts';
import { toFlatJson } from './flat-json.ts';

/** TCP flags by bit, lowest first (RFC 9293 §3.1). */
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
/** Stands for absent flags in a key. */
const NO_FLAGS = 256;
/** Combinations that are kept; a few dozens occur. */
const KEPT = 4096;

/** State and flags of a TCP connection as members, `"state":"established","flags":["SYN","ACK"],…`, made once each. */
export class TcpTexts {
  readonly #byState = new Map<FlowRecord['connectionState'], Map<number, string>>();
  #count = 0;

  /** Empty where the record tells neither. */
  toMembers({ connectionState, tcpFlags = NO_FLAGS, reverseTcpFlags = NO_FLAGS }: FlowRecord): string {
    const key = tcpFlags * 512 + reverseTcpFlags;
    const known = this.#byState.get(connectionState)?.get(key);
    if (known !== undefined) return known;
    const state = connectionState === undefined ? '' : `,"state":"${connectionState}"`;
    const members = state + toFlags('flags', tcpFlags) + toFlags('reverse_flags', reverseTcpFlags);
    return this.#keep(connectionState, key, toFlatJson(members.slice(1)));
  }

  #keep(state: FlowRecord['connectionState'], key: number, members: string): string {
    if (this.#count === KEPT) {
      this.#byState.clear();
      this.#count = 0;
    }
    const ofState = this.#byState.get(state) ?? new Map<number, string>();
    this.#byState.set(state, ofState.set(key, members));
    this.#count++;
    return members;
  }
}

function toFlags(name: string, bits: number): string {
  if (bits === NO_FLAGS || bits === 0) return '';
  return `,"${name}":${JSON.stringify(FLAG_NAMES.filter((_name, bit) => (bits & (1 << bit)) !== 0))}`;
}
