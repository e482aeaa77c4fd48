import type { Journey } from './run-journey.ts';
import { NAMESPACE, type ShopPod } from './shop.ts';
import type { AskedConnection } from './traffic.ts';

/** The fields that name both ends of a connection to the Service, by what the API server and the client said. */
export function expectedNames(journey: Journey, { client, server }: AskedConnection): Map<string, unknown> {
  return new Map<string, unknown>([
    ...endFields('source', client, journey),
    ...endFields('destination', server, journey),
    ['destination.kubernetes.service.name', 'web'],
    ['destination.domain', `web.${NAMESPACE}.svc`],
    ['podflow.service.via', 'ClusterIP'],
    ['podflow.dialled.ip', journey.addresses.web],
    ['podflow.dialled.port', 80],
    ['podflow.nat.state', 'translated'],
    ['podflow.verdict', 'forwarded'],
    ['podflow.initiator', 'syn'],
    ['network.transport', 'tcp'],
    ['orchestrator.cluster.name', 'journey'],
  ]);
}

/** Both ends, as `tupleOf` has them of a document. */
export function toTuple({ client, server }: AskedConnection): string {
  return `${client} ${server}`;
}

/** The same of a flow of `/api/flows`. */
export function toApiTuple(flow: Readonly<Record<string, unknown>>): string {
  const toEnd = (side: string): string => `${String(flow[`${side}.address`])}:${String(flow[`${side}.port`])}`;
  return `${toEnd('source')} ${toEnd('destination')}`;
}

/** Names of both pods. */
export function toPods(journey: Journey, { client, server }: AskedConnection): string {
  return `${podOf(journey, client)?.name} ${podOf(journey, server)?.name}`;
}

/** Both ends of an edge of `/api/map`. */
export function toWorkloads(journey: Journey, { client, server }: AskedConnection): string {
  const toId = (pod: ShopPod | undefined): string => `workload/${NAMESPACE}/${pod?.workloadKind}/${pod?.workloadName}`;
  return `${toId(podOf(journey, client))} ${toId(podOf(journey, server))}`;
}

/** The pod of an end, `address:port`. */
function podOf({ pods }: Journey, end: string): ShopPod | undefined {
  return pods.get(end.split(':')[0] ?? '');
}

function endFields(side: string, end: string, journey: Journey): (readonly [string, unknown])[] {
  const pod = podOf(journey, end);
  const [address, port] = end.split(':');
  const names = {
    namespace: NAMESPACE,
    'pod.name': pod?.name,
    'pod.uid': pod?.uid,
    'node.name': pod?.nodeName,
    'workload.kind': pod?.workloadKind,
    'workload.name': pod?.workloadName,
    'container.name': 'main',
  };
  return [
    [`${side}.ip`, address],
    [`${side}.port`, Number(port)],
    [`podflow.${side}.kind`, 'pod'],
    ...Object.entries(names).map(([name, value]) => [`${side}.kubernetes.${name}`, value] as const),
  ];
}
