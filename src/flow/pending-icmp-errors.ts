import { KEY_BYTES } from '../model/flow-delta.ts';
import type { IcmpError } from '../model/icmp-error.ts';
import { resolveIcmpOutcome } from './icmp-outcome.ts';

/** More than the kernel sends in an interval by default (`icmp_msgs_per_sec`: 1,000). */
const MAX_PENDING = 16_384;
/** An error may be read just before the map is swapped that counted the packet it quotes. */
const MAX_ATTEMPTS = 2;

/** An ICMP error, with its quoted key as words. */
export interface PendingIcmpError {
  readonly timeNs: number;
  readonly isIpv6: boolean;
  readonly key: Uint32Array;
  readonly side: 0 | 1;
  /** Index into `ICMP_OUTCOMES`. */
  readonly outcome: number;
  /** Next-hop MTU, 0 = none told. */
  readonly mtuBytes: number;
  attempts: number;
}

/**
 * ICMP errors that wait for the flow they quote: they are read at once, while the flow itself is handed over at the
 * next drain. Bounded; each is matched, given up or refused.
 */
export class PendingIcmpErrors {
  #pending: PendingIcmpError[] = [];

  /** Keeps a copy; false when there is no room or the key is not of its family. */
  add(error: IcmpError): boolean {
    if (this.#pending.length === MAX_PENDING || error.quotedKey.length !== KEY_BYTES[error.family]) return false;
    this.#pending.push({
      timeNs: error.timeNs,
      isIpv6: error.family === 'ipv6',
      key: new Uint32Array(new Uint8Array(error.quotedKey).buffer),
      side: error.quotedSide,
      outcome: resolveIcmpOutcome(error.family, error.type, error.code),
      mtuBytes: error.mtuBytes ?? 0,
      attempts: 0,
    });
    return true;
  }

  /** Tries all; returns how many found their flow and how many are given up. */
  settle(match: (error: PendingIcmpError) => boolean, isLastTime: boolean): { matched: number; unmatched: number } {
    const kept: PendingIcmpError[] = [];
    let matched = 0;
    for (const error of this.#pending) {
      if (match(error)) matched++;
      else if (++error.attempts < MAX_ATTEMPTS && !isLastTime) kept.push(error);
    }
    const unmatched = this.#pending.length - matched - kept.length;
    this.#pending = kept;
    return { matched, unmatched };
  }
}
