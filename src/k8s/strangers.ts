import type { NamedEnd } from '../model/named-end.ts';
import type { CidrSet } from './cidr-set.ts';
import { type ExternalDescription, toExternalEnd, toUnknownEnd } from './end-name.ts';
import { RecentMap } from './recent-map.ts';

export type DescribeExternal = (address: string) => ExternalDescription;

interface Stranger {
  end: NamedEnd;
  /** The revision of the cluster's blocks by which its kind was found. */
  revision: number;
}

/** Addresses that nothing in the cluster has: within its blocks or outside. Bounded; those in use are remembered. */
export class Strangers {
  readonly #clusterName: string | undefined;
  readonly #clusterCidrs: CidrSet;
  readonly #describeExternal: DescribeExternal | undefined;
  readonly #known: RecentMap<string, Stranger>;

  constructor(
    clusterName: string | undefined,
    clusterCidrs: CidrSet,
    maxEntries: number,
    describeExternal: DescribeExternal | undefined,
  ) {
    this.#clusterName = clusterName;
    this.#clusterCidrs = clusterCidrs;
    this.#describeExternal = describeExternal;
    this.#known = new RecentMap(maxEntries);
  }

  /** The name of an address that was asked for before. */
  recall(address: string): NamedEnd | undefined {
    const stranger = this.#known.get(address);
    if (stranger === undefined) return undefined;
    if (stranger.revision !== this.#clusterCidrs.revision) this.#check(stranger);
    return stranger.end;
  }

  meet(address: string): NamedEnd {
    const { revision } = this.#clusterCidrs;
    const end = this.#toEnd(address, this.#clusterCidrs.has(address));
    this.#known.set(address, { end, revision });
    return end;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#known.clear();
  }

  /** The cluster's blocks have changed: it may be the other kind now. */
  #check(stranger: Stranger): void {
    const { address, kind } = stranger.end;
    const isWithin = this.#clusterCidrs.has(address);
    if (isWithin !== (kind === 'unknown')) stranger.end = this.#toEnd(address, isWithin);
    stranger.revision = this.#clusterCidrs.revision;
  }

  #toEnd(address: string, isWithin: boolean): NamedEnd {
    return isWithin
      ? toUnknownEnd(address, this.#clusterName)
      : toExternalEnd(address, this.#describeExternal?.(address));
  }
}
