import type { Resource } from '../../model/resource.ts';
import { toFlatJson } from './flat-json.ts';
import { joinMembers, toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';

/** What documents say of an observer, made once for it: pieces of JSON that begin with a comma. */
export interface ObserverText {
  /** `,"agent":{…},"observer":{…` without the closing brace, for the interface. */
  readonly head: string;
  /** Its node, else its host, as JSON texts; empty where it tells none. */
  readonly nodeName: string;
  readonly hostName: string;
  /** `,"orchestrator":{…}` of the observer's own pod; empty where it tells none. */
  readonly ownPod: string;
  /** `"type":"kubernetes","cluster":{…}`: what any pod's `orchestrator` begins with. */
  readonly orchestrator: string;
}

export function toObserverText(observer: Resource): ObserverText {
  const name = observer.get('k8s.pod.name') ?? observer.get('host.name');
  const version = observer.get('service.version');
  const hostName = observer.get('host.name');
  const agent = toTextMembers({ type: 'podflow', version, id: observer.get('service.instance.id') });
  const sensor = toTextMembers({
    type: 'sensor',
    vendor: 'podflow',
    product: 'podflow',
    name,
    version,
    hostname: hostName === name ? undefined : hostName,
  });
  const cluster = toObjectMember('cluster', toTextMembers({ name: observer.get('k8s.cluster.name') }));
  const orchestrator = joinMembers('"type":"kubernetes"', cluster);
  return {
    head: toFlatJson(`,"agent":{${agent}},"observer":{${sensor}`),
    nodeName: toQuoted(observer.get('k8s.node.name')),
    hostName: toQuoted(observer.get('host.name')),
    ownPod: observer.has('k8s.pod.name') ? toFlatJson(toOwnPod(observer, orchestrator)) : '',
    orchestrator: toFlatJson(orchestrator),
  };
}

function toOwnPod(observer: Resource, orchestrator: string): string {
  const resource = toTextMembers({
    type: 'pod',
    name: observer.get('k8s.pod.name'),
    id: observer.get('k8s.pod.uid'),
  });
  const namespace = toTextMembers({ namespace: observer.get('k8s.namespace.name') });
  const members = joinMembers(orchestrator, namespace, toObjectMember('resource', resource));
  return `,${toObjectMember('orchestrator', members)}`;
}

function toQuoted(text: string | undefined): string {
  return text === undefined ? '' : toFlatJson(toJsonText(text));
}
