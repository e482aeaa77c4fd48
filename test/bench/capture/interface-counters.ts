import type { NodeNetwork } from './node-network.ts';

/** Frames and bytes that an interface has counted, both directions. */
export interface InterfaceCounters {
  readonly frames: number;
  readonly bytes: number;
}

interface LinkStatistics {
  readonly stats64: Readonly<Record<'rx' | 'tx', { readonly packets: number; readonly bytes: number }>>;
}

/** What the observed interface has counted by itself, as `ip -s` tells it. */
export function readInterfaceCounters({ observed }: NodeNetwork): InterfaceCounters {
  const text = observed.namespace.run('ip', '-s', '-j', 'link', 'show', 'dev', observed.interfaceName);
  const [link] = JSON.parse(text) as LinkStatistics[];
  if (link === undefined) throw new Error(`ip tells nothing of ${observed.interfaceName}`);
  const { rx, tx } = link.stats64;
  return { frames: rx.packets + tx.packets, bytes: rx.bytes + tx.bytes };
}
