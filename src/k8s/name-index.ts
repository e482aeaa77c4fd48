import { KUBERNETES_KINDS, type KubernetesKind, type NameIndexCounters } from '../model/kubernetes-counters.ts';
import type { EndResolver, NamedEnd, NamedService } from '../model/named-end.ts';
import type { PolicyCatalogue } from '../model/network-policy.ts';
import { CidrSet } from './cidr-set.ts';
import type { ClaimLimits } from './claim-index.ts';
import { ClusterPolicies } from './cluster-policies.ts';
import { createRegistries, type Registries } from './create-registries.ts';
import { EndNames } from './end-names.ts';
import { FieldReader } from './field-reader.ts';
import type { NameFeed, ObjectChange } from './name-feed.ts';
import { ObjectFinder, type FoundPod, type FoundService, type ServiceBackend } from './object-finder.ts';
import type { OnPodGone } from './pod-registry.ts';
import { createObjectTables, type ObjectTables } from './create-object-tables.ts';
import { SharedValues } from './shared-values.ts';
import { Strangers, type DescribeExternal } from './strangers.ts';

/** An object of which not all could be used. */
export interface UnusableObject {
  readonly kind: KubernetesKind;
  /** `namespace/name`, or what of it is told. */
  readonly name: string;
  /** Path of the first field that is missing or of another form. */
  readonly field: string;
}
export type OnUnusable = (object: UnusableObject) => void;

export interface NameIndexOptions extends Partial<ClaimLimits> {
  readonly clusterName?: string | undefined;
  /** Blocks of the cluster's addresses beside its nodes' pod networks; what is no block is passed over. */
  readonly clusterCidrs?: readonly string[];
  /** Asked once for each address that is remembered; must not throw. */
  readonly describeExternal?: DescribeExternal | undefined;
  readonly onPodGone?: OnPodGone | undefined;
  /** Told of each object of which not all could be used, as often as it is told; must not throw. */
  readonly onUnusable?: OnUnusable | undefined;
  /** Most addresses remembered that nothing in the cluster has. */
  readonly maxStrangers?: number;
}

const DEFAULT_LIMITS: ClaimLimits = { graceMs: 600_000, toleranceMs: 10_000, maxEndedClaims: 65_536 };
const DEFAULT_MAX_STRANGERS = 65_536;

/**
 * The index of names: takes the cluster's objects as they come and names addresses as of any moment. Who had an address
 * when is decided by `chooseClaim`; what an address can be by `EndNames`.
 */
export class NameIndex implements EndResolver, NameFeed {
  /** Policies and what they select by. */
  readonly policies: PolicyCatalogue;
  readonly #reader = new FieldReader();
  readonly #shared = new SharedValues();
  readonly #registries: Registries;
  readonly #strangers: Strangers;
  readonly #names: EndNames;
  readonly #tables: ObjectTables;
  readonly #finder: ObjectFinder;
  readonly #onUnusable: OnUnusable | undefined;
  readonly #unusable = Object.fromEntries(KUBERNETES_KINDS.map((kind) => [kind, 0])) as Record<KubernetesKind, number>;

  constructor(options: NameIndexOptions = {}) {
    const { clusterName, describeExternal, maxStrangers = DEFAULT_MAX_STRANGERS } = options;
    const clusterCidrs = new CidrSet();
    for (const cidr of options.clusterCidrs ?? []) clusterCidrs.add(cidr);
    this.#registries = createRegistries({ ...DEFAULT_LIMITS, ...options }, clusterCidrs, options.onPodGone);
    this.#onUnusable = options.onUnusable;
    this.policies = new ClusterPolicies(this.#registries);
    this.#tables = createObjectTables(this.#registries);
    this.#strangers = new Strangers(clusterName, clusterCidrs, maxStrangers, describeExternal);
    this.#names = new EndNames({ ...this.#registries, strangers: this.#strangers, clusterName });
    const { serviceNames: services } = this.#registries;
    this.#finder = new ObjectFinder({ pods: this.#tables.Pod, services, resolver: this.#names, clusterName });
  }

  /** What is said of external addresses has changed: each is asked for anew. */
  describeAnew(): void {
    this.#strangers.clear();
  }

  apply(kind: KubernetesKind, change: ObjectChange, object: unknown, nowMs: number): void {
    this.#reader.reset();
    this.#tables[kind].apply(change, object, this.#reader, this.#shared, nowMs);
    const { fault } = this.#reader;
    if (fault === undefined) return;
    this.#unusable[kind]++;
    this.#onUnusable?.({ kind, name: toTitle(object), field: fault });
  }

  /** The first field of the object applied last that could not be used, as a path; undefined where all could. */
  get lastFault(): string | undefined {
    return this.#reader.fault;
  }

  beginReplace(kind: KubernetesKind): void {
    this.#tables[kind].beginReplace();
  }

  endReplace(kind: KubernetesKind, nowMs: number): void {
    this.#tables[kind].endReplace(nowMs);
    if (kind === 'NetworkPolicy') this.#registries.policies.isKnown = true;
  }

  resolveEnd(address: string, protocolNumber: number, port: number | undefined, timeMs: number): NamedEnd {
    return this.#names.resolveEnd(address, protocolNumber, port, timeMs);
  }

  resolveService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined {
    return this.#names.resolveService(address, protocolNumber, port, timeMs);
  }

  resolveEndpointService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined {
    return this.#names.resolveEndpointService(address, protocolNumber, port, timeMs);
  }

  /** A pod that is there, as it is now. Looks through all pods. */
  findPod(namespaceName: string, podName: string): FoundPod | undefined {
    return this.#finder.findPod(namespaceName, podName);
  }

  /** All pods that are there, in no order. */
  listPods(): FoundPod[] {
    return this.#finder.listPods();
  }

  /** All Services that are there, in no order. */
  listServices(): FoundService[] {
    return this.#finder.listServices();
  }

  /** A Service that is there, as it is now. */
  findService(namespaceName: string, serviceName: string): FoundService | undefined {
    return this.#finder.findService(namespaceName, serviceName);
  }

  /**
   * Where a Service leads to now, ready or not: by its EndpointSlices, or, where none are known of it, by the pods that
   * it selects.
   * @param port a port of the Service by its key (`toPortKey`) or by its name; all of them where it is left out
   */
  serviceBackends(namespaceName: string, serviceName: string, port?: number | string): readonly ServiceBackend[] {
    return this.#finder.serviceBackends(namespaceName, serviceName, port);
  }

  counters(): NameIndexCounters {
    return {
      addressIntervals: this.#registries.pods.claims.size,
      services: this.#tables.Service.size,
      nodes: this.#tables.Node.size,
      unusableObjects: { ...this.#unusable },
    };
  }
}

function toTitle(object: unknown): string {
  const { metadata } = (object ?? {}) as { metadata?: { namespace?: unknown; name?: unknown } | null };
  const parts = [metadata?.namespace, metadata?.name];
  return parts.filter((part) => typeof part === 'string').join('/');
}
