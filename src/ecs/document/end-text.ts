import type { NamedEnd } from '../../model/named-end.ts';
import { toFlatJson } from './flat-json.ts';
import { toIpJson } from './ip-text.ts';
import { createObservation, type Observation } from './observation-text.ts';
import { joinMembers, toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';
import { toKubernetesMembers } from './kubernetes-text.ts';
import { toPlaceMembers } from './place-text.ts';
import { toServiceDomain } from './service-text.ts';

/** What documents say of an end, made once for it. Pieces that begin with a comma follow something, or are empty. */
export interface EndText {
  /** `"address":…,"ip":…`: what an end's object begins with. */
  readonly head: string;
  /** `,"domain":…,"kubernetes":{…},"geo":{…},"as":{…}`: the rest of it, where the connection has no Service. */
  readonly names: string;
  /** `,"kubernetes":{…` up to where the Service of a connection goes, and `,"geo":{…},"as":{…}`, which follows it. */
  readonly openNames: string;
  readonly place: string;
  /** Own facts: `,"source":{"kind":…,"zone":…}`, and the same as destination. */
  readonly ownSource: string;
  readonly ownDestination: string;
  /** The address as JSON text; empty where it is none. */
  readonly ip: string;
  /** Pod and node, `"web-7c9","node-a"`; the node alone, to see whether two ends share it; the pod alone. */
  readonly hosts: string;
  readonly nodeName: string;
  readonly podName: string;
  readonly podUid: string | undefined;
  /** `,"orchestrator":{…}` of a pod that was observed; empty for what is no pod. */
  readonly orchestrator: string;
  /** `,"cloud":{…}`: where an observer at this end stands. */
  readonly cloud: string;
  /** Who observed it last. */
  readonly observation: Observation;
}

export function toEndText(end: NamedEnd): EndText {
  const ip = toIpJson(end.address);
  const podName = toQuoted(end.podName);
  const nodeName = toQuoted(end.nodeName);
  const own = `{${toOwnMembers(end)}}`;
  return {
    head: toFlatJson(joinMembers(`"address":${toJsonText(end.address)}`, ip === '' ? '' : `"ip":${ip}`)),
    ...toNames(end),
    ownSource: toFlatJson(`,"source":${own}`),
    ownDestination: toFlatJson(`,"destination":${own}`),
    ip: toFlatJson(ip),
    hosts: toFlatJson(podName === nodeName ? podName : joinMembers(podName, nodeName)),
    nodeName,
    podName,
    podUid: end.podUid,
    orchestrator: end.kind === 'pod' ? toFlatJson(`,"orchestrator":{${toOrchestratorMembers(end)}}`) : '',
    cloud: end.zone === undefined ? '' : toFlatJson(`,"cloud":{"availability_zone":${toJsonText(end.zone)}}`),
    observation: createObservation(),
  };
}

/** Of kind `service` the Service is the end's own; a Service of the connection takes its place. */
function toNames(end: NamedEnd): Pick<EndText, 'names' | 'openNames' | 'place'> {
  const members = toKubernetesMembers(end);
  const service = toObjectMember('service', toTextMembers({ name: end.serviceName }));
  const kubernetes = toObjectMember('kubernetes', joinMembers(members, service));
  const placeMembers = toPlaceMembers(end.place, end.autonomousSystem);
  const place = placeMembers === '' ? '' : `,${placeMembers}`;
  const domain = toServiceDomain(end.serviceName, end.namespaceName);
  return {
    names: toFlatJson(domain + (kubernetes === '' ? '' : `,${kubernetes}`) + place),
    openNames: toFlatJson(`,"kubernetes":{${members === '' ? '' : `${members},`}`),
    place: toFlatJson(place),
  };
}

function toOwnMembers({ kind, zone, candidateCount }: NamedEnd): string {
  return joinMembers(toTextMembers({ kind, zone }), candidateCount === 0 ? '' : `"candidates":${candidateCount}`);
}

function toOrchestratorMembers(end: NamedEnd): string {
  return joinMembers(
    '"type":"kubernetes"',
    toObjectMember('cluster', toTextMembers({ name: end.clusterName })),
    toTextMembers({ namespace: end.namespaceName }),
    toObjectMember('resource', toTextMembers({ type: 'pod', name: end.podName, id: end.podUid })),
  );
}

function toQuoted(text: string | undefined): string {
  return text === undefined ? '' : toFlatJson(toJsonText(text));
}
