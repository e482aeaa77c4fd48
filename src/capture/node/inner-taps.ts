import { setImmediate as nextTurn } from 'node:timers/promises';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { FrameCounts } from '../interface/decode-link.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';
import type { InterfaceTap } from './interface-tap.ts';
import type { InterfaceTaps } from './interface-taps.ts';
import { isStillThere } from './list-process-namespaces.ts';
import type { InnerInterface } from './pod-discovery.ts';
import type { TapFactory } from './tap-factory.ts';

interface InnerTap {
  readonly tap: InterfaceTap;
  readonly monitor: LinkMonitor;
  readonly inner: InnerInterface;
}

/**
 * The taps within pods that have no end at the host. A socket in a network namespace keeps it in being, and with it its
 * interfaces and their addresses, so these are given up soon after the pod's last process has ended.
 */
export class InnerTaps {
  readonly #factory: TapFactory;
  readonly #taps: InterfaceTaps;
  readonly #observed = new Map<string, InnerTap>();
  #isClosed = false;

  constructor(factory: TapFactory, taps: InterfaceTaps) {
    this.#factory = factory;
    this.#taps = taps;
  }

  /** One interface for each namespace that is observed from within. */
  *[Symbol.iterator](): Generator<InnerInterface> {
    for (const { inner } of this.#observed.values()) yield inner;
  }

  /** Observes what a scan found, and no more what it did not find; the event loop gets its turn in between. */
  async follow(found: ReadonlyMap<string, InnerInterface>, isNew: boolean): Promise<void> {
    for (const [key, { tap }] of this.#observed) if (!found.has(key)) this.#leave(key, tap);
    for (const [key, inner] of found) {
      if (this.#observed.has(key)) continue;
      if (this.#isClosed) return;
      this.#open(inner, isNew);
      await nextTurn();
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  readCounts(): void {
    for (const [key, { tap, monitor, inner }] of this.#observed) {
      let counted: FrameCounts | undefined;
      monitor.readCounts((ifindex, counts) => {
        if (ifindex === inner.ifindex) counted = counts;
      });
      if (counted !== undefined) tap.count(counted);
      else if (monitor.readIndex(inner.ifindex) === undefined) this.#leave(key, tap);
    }
  }

  #open(inner: InnerInterface, isNew: boolean): void {
    const { namespace, ifindex, interfaceName } = inner;
    const monitor = openMonitor(namespace.path);
    if (monitor === undefined) return;
    const tap = this.#factory.open({
      kind: 'pod',
      ifindex,
      namespacePath: namespace.path,
      monitor,
      description: { interfaceName, side: 'pod', podUid: namespace.pod?.podUid, tunnel: undefined },
      isNew,
      onClose: () => monitor.close(),
    });
    if (tap === undefined) return monitor.close();
    // The process may have ended meanwhile, and its number may name another one in another namespace.
    if (isStillThere(namespace)) this.#observed.set(inner.key, { tap, monitor, inner });
    else this.#taps.leave(tap);
  }

  #leave(key: string, tap: InterfaceTap): void {
    this.#observed.delete(key);
    this.#taps.leave(tap);
  }
}

/** Undefined when the namespace is gone. */
function openMonitor(path: string): LinkMonitor | undefined {
  try {
    return LinkMonitor.open(path);
  } catch (error) {
    if (error instanceof PodflowError && error.code === 'NAMESPACE_NOT_FOUND') return undefined;
    throw error;
  }
}
