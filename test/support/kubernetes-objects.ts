/** Objects as the API server gives them, with the fields that names are made of and whatever a test adds. */

type Json = Record<string, unknown>;

export interface PodOptions {
  readonly namespace?: string;
  readonly uid?: string;
  readonly node?: string;
  readonly ips?: readonly string[];
  readonly owner?: { readonly kind: string; readonly name: string; readonly apiVersion?: string };
  readonly labels?: Json;
  readonly hostNetwork?: boolean;
  /** `[8080, 'UDP', 9090]`: container port, protocol, host port. */
  readonly ports?: readonly (readonly [number, string?, number?])[];
  readonly containers?: readonly string[];
  readonly startTime?: string;
  /** Since when the pod's sandbox is ready. */
  readonly sandboxTime?: string;
  readonly phase?: string;
  readonly deletionTimestamp?: string;
  readonly containerStatuses?: readonly Json[];
}

export function podObject(name: string, options: PodOptions = {}): Json {
  const { namespace = 'shop', ips = [], containers = ['main'], ports = [] } = options;
  const toContainer = (each: string, i: number): Json => ({ name: each, ...(i === 0 && { ports: ports.map(toPort) }) });
  const sandbox = { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: options.sandboxTime };
  return {
    metadata: {
      name,
      namespace,
      uid: options.uid ?? `uid-${namespace}-${name}`,
      labels: options.labels,
      deletionTimestamp: options.deletionTimestamp,
      ownerReferences: toOwnerReferences(options.owner),
    },
    spec: { nodeName: options.node, hostNetwork: options.hostNetwork, containers: containers.map(toContainer) },
    status: {
      phase: options.phase ?? 'Running',
      startTime: options.startTime,
      podIP: ips[0],
      podIPs: ips.map((ip) => ({ ip })),
      conditions: options.sandboxTime === undefined ? [] : [sandbox],
      containerStatuses: options.containerStatuses,
    },
  };
}

export interface ServiceOptions {
  readonly namespace?: string;
  readonly type?: string;
  readonly clusterIPs?: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly loadBalancerIPs?: readonly string[];
  readonly ports?: readonly Json[];
  readonly creationTimestamp?: string;
}

export function serviceObject(name: string, options: ServiceOptions = {}): Json {
  const { namespace = 'shop', type = 'ClusterIP', clusterIPs = [], ports = [{ name: 'http', port: 80 }] } = options;
  return {
    metadata: { name, namespace, creationTimestamp: options.creationTimestamp },
    spec: { type, clusterIP: clusterIPs[0], clusterIPs, externalIPs: options.externalIPs, ports },
    status: { loadBalancer: { ingress: options.loadBalancerIPs?.map((ip) => ({ ip })) } },
  };
}

export interface SliceOptions {
  readonly namespace?: string;
  readonly service?: string;
  readonly addresses?: readonly string[];
  readonly ports?: readonly Json[];
  readonly creationTimestamp?: string;
}

export function sliceObject(name: string, options: SliceOptions = {}): Json {
  const {
    namespace = 'shop',
    service,
    addresses = [],
    ports = [{ name: 'http', port: 8080, protocol: 'TCP' }],
  } = options;
  return {
    metadata: {
      name,
      namespace,
      creationTimestamp: options.creationTimestamp,
      labels: service === undefined ? undefined : { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports,
  };
}

export interface NodeOptions {
  readonly zone?: string;
  readonly internalIPs?: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly podCIDRs?: readonly string[];
  readonly creationTimestamp?: string;
}

export function nodeObject(name: string, options: NodeOptions = {}): Json {
  const toAddresses = (type: string, list: readonly string[] = []): Json[] =>
    list.map((address) => ({ type, address }));
  return {
    metadata: {
      name,
      creationTimestamp: options.creationTimestamp,
      labels: options.zone === undefined ? {} : { 'topology.kubernetes.io/zone': options.zone },
    },
    spec: { podCIDR: options.podCIDRs?.[0], podCIDRs: options.podCIDRs },
    status: {
      addresses: [
        ...toAddresses('InternalIP', options.internalIPs),
        ...toAddresses('ExternalIP', options.externalIPs),
        { type: 'Hostname', address: name },
      ],
    },
  };
}

/** A ReplicaSet or a Job, its metadata only. */
export function ownedObject(name: string, owner?: PodOptions['owner'], namespace = 'shop'): Json {
  return { metadata: { name, namespace, uid: `uid-${name}`, ownerReferences: toOwnerReferences(owner) } };
}

function toOwnerReferences(owner: PodOptions['owner']): Json[] | undefined {
  if (owner === undefined) return undefined;
  const group = ['Job', 'CronJob'].includes(owner.kind) ? 'batch/v1' : 'apps/v1';
  const { kind, name, apiVersion = group } = owner;
  return [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true, blockOwnerDeletion: true }];
}

function toPort([containerPort, protocol, hostPort]: readonly [number, string?, number?]): Json {
  return { containerPort, protocol: protocol ?? 'TCP', hostPort };
}
