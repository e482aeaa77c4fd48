import { monotonicToWallOffsetNs } from '../../lib/clock.ts';
import { DeliveredDrops } from './delivered-drops.ts';
import type { DropMaps } from './drop-maps.ts';
import type { DropNamespaces } from './drop-namespaces.ts';
import type { DropSum } from './drop-sum.ts';
import { DropSums } from './drop-sums.ts';

/** Brings what the kernel counted into the sums of the running interval, and finds out whose it is. */
export class DropIntake {
  readonly hints = new DeliveredDrops();
  readonly #maps: DropMaps;
  readonly #namespaces: DropNamespaces;
  readonly #sums: DropSums;
  #foreignPackets = 0;
  #drainedAtMs = 0;
  #scannedAtMs = -Infinity;

  /** @param maxEntries sums of an interval; further ones are counted only */
  constructor(maps: DropMaps, namespaces: DropNamespaces, maxEntries: number) {
    this.#maps = maps;
    this.#namespaces = namespaces;
    this.#sums = new DropSums(maxEntries);
  }

  /** Packets of namespaces that turned out to be no pod's. */
  get foreignPackets(): number {
    return this.#foreignPackets;
  }

  get overflowPackets(): number {
    return this.#sums.overflowPackets;
  }

  /** Milliseconds since the kernel's map was read. */
  get drainAgeMs(): number {
    return performance.now() - this.#drainedAtMs;
  }

  get scanAgeMs(): number {
    return performance.now() - this.#scannedAtMs;
  }

  /** Reads all that was counted up to now, and looks up the namespaces in it that nobody knows. */
  async drain(): Promise<void> {
    this.#drainedAtMs = performance.now();
    const offsetNs = monotonicToWallOffsetNs();
    const note = (sum: DropSum): void => this.hints.note(sum);
    await this.#maps.drain((keys, values, count) => this.#sums.add(keys, values, count, offsetNs, note));
    await this.#judgeUnknown();
  }

  /** Looks which pods there are. */
  async scan(): Promise<void> {
    this.#scannedAtMs = performance.now();
    await this.#namespaces.scan();
  }

  /** The sums of the interval, which ends with this. */
  take(): DropSum[] {
    return this.#sums.take().filter((sum) => {
      const isWanted = this.#namespaces.isWanted(sum.netns);
      if (!isWanted) this.#foreignPackets += sum.packets;
      return isWanted;
    });
  }

  /** The program is told to skip namespaces of no pod. */
  async #judgeUnknown(): Promise<void> {
    const unknown = new Set<number>();
    for (const { netns } of this.#sums) if (this.#namespaces.isUnknown(netns)) unknown.add(netns);
    if (unknown.size === 0) return;
    await this.scan();
    for (const netns of unknown) if (this.#namespaces.isUnknown(netns)) this.#namespaces.refuse(netns);
  }
}
