import type { Link } from './decode-link.ts';
import type { LinkMonitor } from './link-monitor.ts';

export type InterfaceState = 'up' | 'down' | 'absent' | 'replaced';

/**
 * Sums up what one interface counted since the watch began, also over its being deleted and made again: the new one
 * has another index and counters of its own. The loopback device counts each frame twice, so its receive side stands
 * for both.
 */
export class InterfaceWatch {
  readonly #monitor: LinkMonitor;
  #link: Link;
  #base: { frames: number; bytes: number };
  #earlier = { frames: 0, bytes: 0 };
  #isAbsent = false;

  constructor(monitor: LinkMonitor, link: Link) {
    this.#monitor = monitor;
    this.#link = link;
    this.#base = toTotals(link);
  }

  get ifindex(): number {
    return this.#link.ifindex;
  }

  /** Frames and bytes, both directions, as of the last `poll`. */
  totals(): { frames: number; bytes: number } {
    const now = toTotals(this.#link);
    return {
      frames: this.#earlier.frames + now.frames - this.#base.frames,
      bytes: this.#earlier.bytes + now.bytes - this.#base.bytes,
    };
  }

  /** Reads the counters. `replaced`: there is a new interface of the name, with counting begun at this moment. */
  poll(): InterfaceState {
    const link = this.#monitor.read(this.#link.name);
    if (link === undefined) {
      this.#isAbsent = true;
      return 'absent';
    }
    const isReplaced = link.ifindex !== this.#link.ifindex || this.#isAbsent;
    if (isReplaced) {
      this.#earlier = this.totals();
      this.#base = toTotals(link);
      this.#isAbsent = false;
    }
    this.#link = link;
    if (isReplaced) return 'replaced';
    return link.isUp ? 'up' : 'down';
  }
}

function toTotals(link: Link): { frames: number; bytes: number } {
  if (link.isLoopback) return { frames: link.rxFrames, bytes: link.rxBytes };
  return { frames: link.rxFrames + link.txFrames, bytes: link.rxBytes + link.txBytes };
}
