import type { Link } from '../interface/decode-link.ts';

/** Which interfaces of the host are observed; patterns are names in which `*` stands for anything. */
export interface InterfacePatterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Observed whatever they are, as the node's own: uplinks. */
  readonly uplinks: readonly string[];
}

export type InterfaceRole = 'pod' | 'uplink';

/** Pairs of devices with one end in the pod; netkit does as veth does (drivers/net/netkit.c). */
const PAIRED_KINDS = new Set(['veth', 'netkit']);

/** True for an end of a pair; the other end may be in any namespace. */
export function isPaired(link: Link): boolean {
  return link.kind !== undefined && PAIRED_KINDS.has(link.kind);
}

/** Chooses among the host's interfaces. */
export class InterfaceChoice {
  readonly #isIncluded: (name: string) => boolean;
  readonly #isExcluded: (name: string) => boolean;
  readonly #isUplink: (name: string) => boolean;

  constructor({ include, exclude, uplinks }: InterfacePatterns) {
    this.#isIncluded = toMatcher(include);
    this.#isExcluded = toMatcher(exclude);
    this.#isUplink = toMatcher(uplinks);
  }

  /** What an interface of the host is to the observer; undefined when it is not observed. */
  roleOf(link: Link): InterfaceRole | undefined {
    // The loopback device shows each frame twice and needs a program of its own.
    if (link.isLoopback) return undefined;
    if (this.#isUplink(link.name)) return 'uplink';
    const leadsToPod = isPaired(link) && link.lowerNamespaceId !== undefined;
    return leadsToPod && this.#isIncluded(link.name) && !this.#isExcluded(link.name) ? 'pod' : undefined;
  }
}

/**
 * Whether an interface within a pod's namespace has to be observed there: it leads out of the pod and has no end in the
 * host's namespace that shows the pod's traffic alone. That is a macvlan, ipvlan or VLAN on a device of the host, told
 * by the namespace of its lower device, and a device proper that was moved into the pod, which has no kind. Anything
 * else (bridge, tap, tunnel, a pair to a container nested in the pod) carries what passes one of those a second time.
 * @param hostId the id by which links of that namespace name the host's, undefined when none of them leads there
 */
export function isObservedWithin(link: Link, hostId: number | undefined): boolean {
  if (link.isLoopback || isPaired(link)) return false;
  if (link.kind === undefined) return true;
  return link.lowerNamespaceId !== undefined && link.lowerNamespaceId === hostId;
}

function toMatcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.*')}$`);
  });
  return (name) => expressions.some((expression) => expression.test(name));
}
