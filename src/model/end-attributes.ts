import { endInt, endText, int, text, type ConnectionAttribute, type EndSide } from './connection-attribute.ts';
import { END_KINDS } from './named-end.ts';

/** What one end is: its address and port, its names, its place. */
export function toEndAttributes(side: EndSide): readonly ConnectionAttribute[] {
  const port = side === 'source' ? 'sourcePort' : 'destinationPort';
  return [
    endText(side, 'address', END_MEANING[side], (end) => end.address),
    int(`${side}.port`, 'absent for protocols without ports', (connection) => connection[port]),
    endText(side, 'kind', 'what the address was at that moment', (end) => end.kind, END_KINDS),
    ...toKubernetesAttributes(side),
    ...(side === 'destination' ? SERVICE_ATTRIBUTES : []),
    endText(side, 'zone', 'zone of its node', (end) => end.zone),
    endInt(side, 'candidates', 'pods that it may be, where ambiguous', (end) => end.candidateCount || undefined),
    endText(side, 'geo.continent.code', 'of an external address', (end) => end.place?.continentCode),
    endText(side, 'geo.country.iso_code', 'ISO 3166-1', (end) => end.place?.countryIsoCode),
    endText(side, 'geo.region.iso_code', 'ISO 3166-2', (end) => end.place?.regionIsoCode),
    endText(side, 'geo.locality.name', 'city', (end) => end.place?.cityName),
    endInt(side, 'as.number', 'autonomous system of an external address', (end) => end.autonomousSystem?.number),
    endText(side, 'as.organization.name', 'its holder', (end) => end.autonomousSystem?.organizationName),
  ];
}

const END_MEANING: Readonly<Record<EndSide, string>> = {
  source: 'the client, translation undone',
  destination: 'the server that answered, translation undone',
};

function toKubernetesAttributes(side: EndSide): readonly ConnectionAttribute[] {
  return [
    endText(side, 'k8s.cluster.name', 'cluster of the end', (end) => end.clusterName),
    endText(side, 'k8s.namespace.name', 'its namespace', (end) => end.namespaceName),
    endText(side, 'k8s.workload.kind', 'kind of the topmost known owner', (end) => end.workloadKind),
    endText(side, 'k8s.workload.name', 'name of the same', (end) => end.workloadName),
    endText(side, 'k8s.pod.name', 'its pod', (end) => end.podName),
    endText(side, 'k8s.pod.uid', 'the same', (end) => end.podUid),
    endText(side, 'k8s.container.name', "the pod's only container", (end) => end.containerName),
    endText(side, 'k8s.node.name', 'its node', (end) => end.nodeName),
    ...(side === 'source'
      ? [endText(side, 'k8s.service.name', 'where the address is a Service’s', (end) => end.serviceName)]
      : []),
  ];
}

/** The Service of the destination: as dialled, or the only one that the server stands behind. */
const SERVICE_ATTRIBUTES: readonly ConnectionAttribute[] = [
  text(
    'destination.k8s.service.name',
    'the Service that was dialled, or the only one that the server stands behind',
    ({ service, destination }) => service?.serviceName ?? destination.serviceName,
  ),
  text(
    'destination.k8s.service.namespace.name',
    'its namespace',
    ({ service, destination }) =>
      service?.namespaceName ?? (destination.serviceName === undefined ? undefined : destination.namespaceName),
  ),
  text('destination.k8s.service.port.name', 'name of its port', ({ service }) => service?.portName),
  text('destination.k8s.service.via', 'by which of its addresses, or by its endpoint', ({ service }) => service?.via, [
    'ClusterIP',
    'NodePort',
    'LoadBalancer',
    'ExternalIP',
    'Endpoint',
  ]),
];
