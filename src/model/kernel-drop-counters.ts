/** Why packets that the kernel dropped are in no record. */
export const DROP_SKIP_REASONS = [
  /** Beyond the bound on what is looked at in a second. */
  'rate',
  /** The kernel's map had no room for another flow. */
  'map_full',
  /** The interval had no room for another flow. */
  'interval_full',
  /** Of a network namespace that is neither the node's nor one of its pods, or of none that could be told. */
  'namespace',
  /** Neither IPv4 nor IPv6, or the header could not be read. */
  'no_tuple',
] as const;
export type DropSkipReason = (typeof DROP_SKIP_REASONS)[number];

/** What became of the packets that the kernel says it dropped, since the start. */
export interface KernelDropCounters {
  readonly isActive: boolean;
  /** Packets told in records, by the kernel's own name of the reason. */
  readonly packetsByReason: ReadonlyMap<string, number>;
  readonly skippedPackets: Readonly<Record<DropSkipReason, number>>;
  /** Evidence records made. */
  readonly records: number;
  /** Network namespaces whose drops are told now: the node's and those of its pods. */
  readonly namespaces: number;
}

/** Of a node that does not tell what the kernel drops. */
export const NO_KERNEL_DROPS: KernelDropCounters = {
  isActive: false,
  packetsByReason: new Map(),
  skippedPackets: { rate: 0, map_full: 0, interval_full: 0, namespace: 0, no_tuple: 0 },
  records: 0,
  namespaces: 0,
};
