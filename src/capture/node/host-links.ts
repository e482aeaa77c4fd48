import type { FrameCounts, Link } from '../interface/decode-link.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';
import { isPaired, type InterfaceChoice, type InterfaceRole } from './interface-choice.ts';
import { LinkEvents } from './link-events.ts';

/** Who is told which interfaces of the host are to be observed. */
export interface HostLinkListener {
  /** `isNew`: it came into being while we looked. */
  appeared(link: Link, role: InterfaceRole, isNew: boolean): void;
  /** It is gone; its last counters, where they were told. */
  vanished(ifindex: number, counts: FrameCounts | undefined): void;
}

/**
 * Follows the interfaces of the host's network namespace that are to be observed. What the kernel tells is believed
 * event by event; when it had to leave some out, everything is listed anew and compared.
 */
export class HostLinks {
  readonly #choice: InterfaceChoice;
  readonly #listener: HostLinkListener;
  readonly #monitor: LinkMonitor;
  readonly #events: LinkEvents;
  /** Those that are observed, as they were told last. */
  readonly #observed = new Map<number, Link>();
  /** Pairs with both ends in the host's namespace so far, by the end that may yet move into a pod. */
  readonly #wholePairs = new Map<number, number>();
  /** Interfaces that lead outside, asked once for each poll. */
  #outside: readonly number[] | undefined;
  #overruns = 0;
  #isRelistDue = false;

  /** Begins to listen, so that nothing is missed between `list` and the first `poll`. */
  constructor(namespacePath: string | undefined, choice: InterfaceChoice, listener: HostLinkListener) {
    this.#choice = choice;
    this.#listener = listener;
    this.#events = new LinkEvents(namespacePath);
    this.#monitor = LinkMonitor.open(namespacePath);
  }

  /** Tells of all that is there. */
  list(): void {
    for (const link of this.#monitor.list()) this.#update(link, false);
  }

  get monitor(): LinkMonitor {
    return this.#monitor;
  }

  /** How often the kernel had to leave out events. */
  get overruns(): number {
    return this.#overruns;
  }

  /** Has everything compared at the next poll, for the case that an event was never told. */
  requestRelist(): void {
    this.#isRelistDue = true;
  }

  /** Takes what came since the last call; true when there was anything. */
  poll(): boolean {
    let isChanged = false;
    this.#outside = undefined;
    const outcome = this.#events.read((link, isGone) => {
      isChanged = true;
      if (isGone) this.#remove(link);
      else this.#update(link, true);
    });
    if (outcome === 'overrun') this.#overruns++;
    if (outcome === 'overrun' || this.#isRelistDue) isChanged = this.#relist() || isChanged;
    return isChanged;
  }

  close(): void {
    this.#events.close();
    this.#monitor.close();
  }

  #update(link: Link, isNew: boolean): void {
    const role = this.#roleOf(link);
    const isWhole = isPaired(link) && link.lowerNamespaceId === undefined && link.lowerIfindex !== undefined;
    if (isWhole && link.lowerIfindex !== undefined) this.#wholePairs.set(link.lowerIfindex, link.ifindex);
    // An end of a pair that is being deleted is told once more, already without its other end: it stays until it goes.
    const isObserved = this.#observed.has(link.ifindex);
    if (isObserved || role !== undefined) this.#observed.set(link.ifindex, link);
    if (!isObserved && role !== undefined) this.#listener.appeared(link, role, isNew);
  }

  /** The uplink of a node that is itself a container (kind) looks as the host's end of a pod does, but leads outside. */
  #roleOf(link: Link): InterfaceRole | undefined {
    const role = this.#choice.roleOf(link);
    if (role !== 'pod') return role;
    this.#outside ??= this.#monitor.outsideIfindexes();
    return this.#outside.includes(link.ifindex) ? undefined : role;
  }

  #remove(link: Link): void {
    if (this.#observed.delete(link.ifindex)) this.#listener.vanished(link.ifindex, link);
    const other = this.#wholePairs.get(link.ifindex);
    this.#wholePairs.delete(link.ifindex);
    // An end that moves away is told as gone, and nothing is told of the one that stays.
    const stayed = other === undefined ? undefined : this.#monitor.readIndex(other);
    if (stayed !== undefined) this.#update(stayed, true);
  }

  #relist(): boolean {
    this.#isRelistDue = false;
    const links = new Map(this.#monitor.list().map((link) => [link.ifindex, link]));
    let isChanged = false;
    for (const known of [...this.#observed.values()]) {
      // A listing of links that change meanwhile may leave one out.
      const now = links.get(known.ifindex) ?? this.#monitor.readIndex(known.ifindex);
      if (now !== undefined && isSame(known, now)) continue;
      this.#observed.delete(known.ifindex);
      this.#listener.vanished(known.ifindex, undefined);
      isChanged = true;
    }
    for (const link of links.values()) {
      isChanged ||= !this.#observed.has(link.ifindex) && this.#roleOf(link) !== undefined;
      this.#update(link, true);
    }
    for (const ifindex of this.#wholePairs.keys()) if (!links.has(ifindex)) this.#wholePairs.delete(ifindex);
    return isChanged;
  }
}

/** Whether an index still names the interface that it did: another one has another address, as far as can be told. */
function isSame(known: Link, now: Link): boolean {
  const [before, after] = [known.hardwareAddress, now.hardwareAddress];
  const hasSameAddress = before === undefined || after === undefined || Buffer.compare(before, after) === 0;
  return hasSameAddress && known.kind === now.kind;
}
