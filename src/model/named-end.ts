/**
 * What an address was at a moment. `service`: a Service's address whose backend is not known. `ambiguous`: one of several
 * hostNetwork pods of a node. `unknown`: an address of the cluster that nothing is known of. `external`: any other.
 */
export const END_KINDS = ['pod', 'service', 'node', 'external', 'unknown', 'ambiguous'] as const;
export type EndKind = (typeof END_KINDS)[number];

/** Where an external address is (MaxMind City databases); ISO 3166 codes, degrees. */
export interface GeoPlace {
  readonly continentCode: string | undefined;
  readonly continentName: string | undefined;
  readonly countryIsoCode: string | undefined;
  readonly countryName: string | undefined;
  readonly regionIsoCode: string | undefined;
  readonly regionName: string | undefined;
  readonly cityName: string | undefined;
  readonly postalCode: string | undefined;
  readonly timezone: string | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
}

/** Who announces an external address (MaxMind ASN databases). */
export interface AutonomousSystem {
  readonly number: number;
  readonly organizationName: string | undefined;
}

/** A port that a container declares by name. */
export interface NamedPort {
  readonly name: string;
  readonly protocolNumber: number;
  readonly port: number;
}

/**
 * One end of a connection by name. It never changes, and the same object is given for as long as what it says stays
 * true, so that what is made of it can be kept by it (`Map<NamedEnd, …>`, bounded). Absent facts are `undefined`.
 */
export interface NamedEnd {
  readonly kind: EndKind;
  readonly address: string;
  readonly clusterName: string | undefined;
  readonly namespaceName: string | undefined;
  readonly podName: string | undefined;
  readonly podUid: string | undefined;
  readonly nodeName: string | undefined;
  /** Kind of the topmost known owner: Deployment, StatefulSet, DaemonSet, CronJob, Job, …, or Pod for a bare one. */
  readonly workloadKind: string | undefined;
  readonly workloadName: string | undefined;
  /** Told of kind `service` only: the Service whose address it is. */
  readonly serviceName: string | undefined;
  /** The pod's only container. */
  readonly containerName: string | undefined;
  /** Label `topology.kubernetes.io/zone` of its node. */
  readonly zone: string | undefined;
  /** As they were at that moment. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Ports that the pod's containers declare by name. */
  readonly namedPorts: readonly NamedPort[];
  /** Whether it is a pod in its node's own network. */
  readonly isHostNetwork: boolean;
  /** Pods that it might be, where `ambiguous`; else 0. */
  readonly candidateCount: number;
  readonly place: GeoPlace | undefined;
  readonly autonomousSystem: AutonomousSystem | undefined;
}

/** The Service through which a connection was made. The same object while it stays true, like an end. */
export interface NamedService {
  readonly namespaceName: string;
  readonly serviceName: string;
  /** Name of the Service's port, undefined where it has none. */
  readonly portName: string | undefined;
  /** `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalIP`: the address that was dialled; `Endpoint`: told by the backend. */
  readonly via: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalIP' | 'Endpoint';
}

/** Names addresses as of a moment. Never throws; called for every record. */
export interface EndResolver {
  /**
   * @param port the end's own port, by which hostNetwork pods are told apart
   * @param timeMs milliseconds since the Unix epoch
   */
  resolveEnd(address: string, protocolNumber: number, port: number | undefined, timeMs: number): NamedEnd;
  /** The Service that has this address and port; undefined where none has. */
  resolveService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined;
  /** The only Service that has this backend among its endpoints, `via` Endpoint; undefined where none or several have. */
  resolveEndpointService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined;
}
