import type { AutonomousSystem, GeoPlace, NamedEnd, NamedService } from '../../src/model/named-end.ts';

/** An end of which nothing is known but its address. */
export function createEnd(address: string, changes: Partial<NamedEnd> = {}): NamedEnd {
  return {
    kind: 'unknown',
    address,
    clusterName: 'prod-eu',
    namespaceName: undefined,
    podName: undefined,
    podUid: undefined,
    nodeName: undefined,
    workloadKind: undefined,
    workloadName: undefined,
    serviceName: undefined,
    containerName: undefined,
    zone: undefined,
    labels: undefined,
    namedPorts: [],
    isHostNetwork: false,
    candidateCount: 0,
    place: undefined,
    autonomousSystem: undefined,
    ...changes,
  };
}

/** A pod of the Deployment `name`; `index` tells its pods apart. */
export function createPodEnd(address: string, name: string, index = 0, changes: Partial<NamedEnd> = {}): NamedEnd {
  const suffix = (0xb0b_0000 + index).toString(36);
  return createEnd(address, {
    kind: 'pod',
    namespaceName: 'shop',
    podName: `${name}-7d9f8b6c5d-${suffix}`,
    podUid: `8f6d3c1e-2b4a-4c5d-9e7f-${index.toString(16).padStart(12, '0')}`,
    nodeName: `node-${index % 3}`,
    workloadKind: 'Deployment',
    workloadName: name,
    containerName: name,
    zone: `eu-central-1${'abc'[index % 3]}`,
    labels: { app: name, 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': '7d9f8b6c5d' },
    ...changes,
  });
}

export function createService(serviceName: string, changes: Partial<NamedService> = {}): NamedService {
  return { namespaceName: 'shop', serviceName, portName: 'http', via: 'ClusterIP', ...changes };
}

export const SAMPLE_PLACE: GeoPlace = {
  continentCode: 'EU',
  continentName: 'Europe',
  countryIsoCode: 'DE',
  countryName: 'Germany',
  regionIsoCode: 'DE-HE',
  regionName: 'Hesse',
  cityName: 'Frankfurt am Main',
  postalCode: '60313',
  timezone: 'Europe/Berlin',
  latitude: 50.1188,
  longitude: 8.6843,
};

export const SAMPLE_AUTONOMOUS_SYSTEM: AutonomousSystem = { number: 64_500, organizationName: 'Example Transit' };

/** An address outside, with place and autonomous system. */
export function createExternalEnd(address: string, changes: Partial<NamedEnd> = {}): NamedEnd {
  return createEnd(address, {
    kind: 'external',
    clusterName: undefined,
    place: SAMPLE_PLACE,
    autonomousSystem: SAMPLE_AUTONOMOUS_SYSTEM,
    ...changes,
  });
}

/** Who observes: a probe beside a pod, as its resource attributes tell. */
export function createObserver(end: NamedEnd): Map<string, string> {
  const attributes: [string, string | undefined][] = [
    ['service.name', 'podflow'],
    ['service.version', '0.1.0'],
    ['service.instance.id', end.podUid],
    ['host.name', end.podName],
    ['k8s.cluster.name', end.clusterName],
    ['k8s.node.name', end.nodeName],
    ['k8s.namespace.name', end.namespaceName],
    ['k8s.pod.name', end.podName],
    ['k8s.pod.uid', end.podUid],
    ['k8s.pod.ip', end.address],
  ];
  return new Map(attributes.filter((attribute): attribute is [string, string] => attribute[1] !== undefined));
}
