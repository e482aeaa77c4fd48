import type { ObservationPoint } from '../../model/observation-point.ts';
import type { FrameCounts, Link } from '../interface/decode-link.ts';
import { HostLinks, type HostLinkListener } from './host-links.ts';
import type { InterfaceChoice, InterfaceRole } from './interface-choice.ts';
import type { InterfaceTap } from './interface-tap.ts';
import type { InterfaceTaps } from './interface-taps.ts';
import type { PodEnd } from './pod-discovery.ts';
import type { TapFactory } from './tap-factory.ts';

/** An interface of the host that is observed. */
interface HostTap {
  readonly tap: InterfaceTap;
  /** When that began, ms of the clock that `poll` is given. */
  readonly sinceMs: number;
  podEnd: PodEnd | undefined;
}

/** The taps at the interfaces of the host. */
export class HostTaps implements HostLinkListener {
  readonly #namespacePath: string | undefined;
  readonly #factory: TapFactory;
  readonly #taps: InterfaceTaps;
  readonly #links: HostLinks;
  readonly #observed = new Map<number, HostTap>();
  /** Those that could not be observed; tried again by `retry`. */
  readonly #failed = new Map<number, readonly [Link, InterfaceRole]>();
  #nowMs: number;

  /** Begins to observe all that is there. */
  constructor(
    namespacePath: string | undefined,
    choice: InterfaceChoice,
    factory: TapFactory,
    taps: InterfaceTaps,
    nowMs: number,
  ) {
    this.#namespacePath = namespacePath;
    this.#factory = factory;
    this.#taps = taps;
    this.#nowMs = nowMs;
    this.#links = new HostLinks(namespacePath, choice, this);
    this.#links.list();
  }

  get overruns(): number {
    return this.#links.overruns;
  }

  /** Observed interfaces of pods of which only the host's end is known. */
  get unnamed(): number {
    let count = 0;
    for (const { tap, podEnd } of this.#observed.values()) if (tap.kind === 'host' && podEnd === undefined) count++;
    return count;
  }

  /** When the latest of those began to be observed of which only the host's end is known. */
  get newestUnnamedMs(): number {
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const { tap, podEnd, sinceMs } of this.#observed.values())
      if (tap.kind === 'host' && podEnd === undefined) newestMs = Math.max(newestMs, sinceMs);
    return newestMs;
  }

  /** Follows what comes and goes; true when anything did. */
  poll(nowMs: number): boolean {
    this.#nowMs = nowMs;
    return this.#links.poll();
  }

  readCounts(): void {
    this.#links.monitor.readCounts((ifindex, counts) => this.#observed.get(ifindex)?.tap.count(counts));
  }

  /** Tells the pods behind the interfaces, as a scan that began at `sinceMs` found them. */
  name(podEnds: ReadonlyMap<number, PodEnd>, sinceMs: number): void {
    for (const [ifindex, podEnd] of podEnds) {
      const host = this.#observed.get(ifindex);
      // The index may have been given anew while the scan ran.
      if (host === undefined || host.tap.kind !== 'host' || host.sinceMs > sinceMs || isSame(host.podEnd, podEnd))
        continue;
      host.podEnd = podEnd;
      this.#taps.points.name(host.tap.point, { ...podEnd, side: 'host', tunnel: undefined });
    }
  }

  /** Tries those again that could not be observed, and compares all with what is there at the next poll. */
  retry(): void {
    this.#links.requestRelist();
    for (const [link, role] of [...this.#failed.values()]) this.appeared(link, role, true);
  }

  appeared(link: Link, role: InterfaceRole, isNew: boolean): void {
    const { ifindex, name: interfaceName } = link;
    const description: ObservationPoint = {
      interfaceName,
      side: role === 'uplink' ? 'pod' : 'host',
      podUid: undefined,
      tunnel: undefined,
    };
    const tap = this.#factory.open({
      kind: role === 'uplink' ? 'uplink' : 'host',
      ifindex,
      namespacePath: this.#namespacePath,
      monitor: this.#links.monitor,
      description,
      isNew,
    });
    if (tap === undefined) {
      this.#failed.set(ifindex, [link, role]);
      return;
    }
    this.#failed.delete(ifindex);
    this.#observed.set(ifindex, { tap, sinceMs: this.#nowMs, podEnd: undefined });
  }

  vanished(ifindex: number, counts: FrameCounts | undefined): void {
    this.#failed.delete(ifindex);
    const host = this.#observed.get(ifindex);
    if (host === undefined) return;
    this.#observed.delete(ifindex);
    if (counts !== undefined) host.tap.count(counts);
    this.#taps.leave(host.tap);
  }

  close(): void {
    this.#links.close();
  }
}

function isSame(known: PodEnd | undefined, found: PodEnd): boolean {
  return known?.interfaceName === found.interfaceName && known.podUid === found.podUid;
}
