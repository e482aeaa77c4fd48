import type { NamedEnd } from '../model/named-end.ts';
import { ANY_PORT } from './port-key.ts';

/** A lead is kept as a small integer; of one that is longer nothing is lost that a record could ask for. */
const MAX_LEAD_MS = 2 ** 30;

/**
 * That something had an address (or an address and port) for a time. Times are milliseconds since the Unix epoch:
 * `begunMs` ≤ `startMs` ≤ `endMs`. Before `begunMs` it cannot have had it, from `startMs` on it surely had it; between
 * the two it may have had it already, since the API tells of an address seconds after it came into use.
 *
 * There are several for each pod: what is seldom told takes no memory of its own.
 */
export class Claim<Holder> {
  readonly holder: Holder;
  readonly key: string | number;
  readonly portKey: number;
  startMs: number;
  /** Undefined while it goes on; the end is not part of it. */
  endMs: number | undefined = undefined;
  /** The one that was made before it for the same key. */
  older: Claim<Holder> | undefined = undefined;
  /** The name made of it, and the revision of the facts by which that was last found true. */
  end: NamedEnd | undefined = undefined;
  revision = -1;
  #leadMs = 0;

  constructor(holder: Holder, key: string | number, portKey: number, begunMs: number, startMs: number) {
    this.holder = holder;
    this.key = key;
    this.portKey = portKey;
    this.startMs = startMs;
    this.begin(begunMs, startMs);
  }

  get begunMs(): number {
    return this.startMs - this.#leadMs;
  }

  /** Tells it of a beginning; the earliest of all that it was told of holds. */
  begin(begunMs: number, startMs: number): void {
    const earliestMs = Math.min(begunMs, this.begunMs);
    this.startMs = Math.min(startMs, this.startMs);
    const leadMs = earliestMs === -Infinity ? MAX_LEAD_MS : Math.min(this.startMs - earliestMs, MAX_LEAD_MS);
    this.#leadMs = this.startMs === -Infinity ? 0 : Math.floor(leadMs);
  }

  /** Whether it surely held at a time. */
  isHeldAt(timeMs: number): boolean {
    return timeMs >= this.startMs && (this.endMs === undefined || timeMs < this.endMs);
  }
}

/** Whether a claim is to a port; every one is to ANY_PORT. */
export type HasPort<Holder> = (claim: Claim<Holder>, portKey: number) => boolean;

export function isOfPort(claim: Claim<unknown>, portKey: number): boolean {
  return portKey === ANY_PORT || claim.portKey === portKey;
}
