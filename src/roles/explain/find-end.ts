import { resolveNearestName } from '../../lib/nearest-name.ts';
import type { NamedEnd, NamedService } from '../../model/named-end.ts';
import type { Cluster, ServiceOfCluster } from './cluster.ts';
import { parseEnd, type AskedEnd } from './parse-end.ts';

/** An end that was found: one with an address, or a Service. */
export interface FoundEnd {
  readonly end: NamedEnd | undefined;
  readonly service: ServiceOfCluster | undefined;
  /** How the name was read, where it could be read otherwise. */
  readonly notes: readonly string[];
}

export type EndAnswer = FoundEnd | { readonly problem: string };
type AskedName = AskedEnd & { readonly by: 'name' };

/** Looks an end up by what was written: a pod, else a Service, else any pod of a workload; or an address. */
export function findEnd(text: string, cluster: Cluster, protocolNumber: number, port: number | undefined): EndAnswer {
  const asked = parseEnd(text);
  if (asked === undefined) return { problem: `"${text}" is neither NAMESPACE/NAME nor an IP address` };
  if (asked.by === 'address') return findByAddress(asked.address, cluster, protocolNumber, port);
  return findByName(asked, cluster) ?? { problem: toNotFound(text, asked, cluster) };
}

function findByAddress(address: string, cluster: Cluster, protocolNumber: number, port: number | undefined): FoundEnd {
  const end = cluster.resolveEnd(address, protocolNumber, port);
  const named = cluster.resolveService(address, protocolNumber, port);
  const [namespaceName, name] = [named?.namespaceName ?? end.namespaceName, named?.serviceName ?? end.serviceName];
  const isService = namespaceName !== undefined && name !== undefined;
  return { end, service: isService ? cluster.findService(namespaceName, name) : undefined, notes: toViaNotes(named) };
}

/** Whether ingress rules are about the client's address or the node's is left open by the API. */
function toViaNotes(named: NamedService | undefined): string[] {
  if (named === undefined || named.via === 'ClusterIP' || named.via === 'Endpoint') return [];
  return [`dialled by ${named.via}: where the node translates the source, the server sees the node's address instead`];
}

function findByName({ kind, namespaceName, name }: AskedName, cluster: Cluster): FoundEnd | undefined {
  const full = `${namespaceName}/${name}`;
  const pod = kind === undefined || kind === 'pod' ? cluster.findPod(namespaceName, name) : undefined;
  const service = kind === undefined || kind === 'service' ? cluster.findService(namespaceName, name) : undefined;
  if (pod !== undefined) {
    const both = `${full} is a pod and a Service; this is of the pod (service/${full} is the other)`;
    const finished = `${full} has finished: it has no address any more`;
    const notes = [...(service === undefined ? [] : [both]), ...(pod.hasFinished ? [finished] : [])];
    return { end: pod.end, service: undefined, notes };
  }
  if (service !== undefined) return { end: undefined, service, notes: [] };
  if (kind === 'pod' || kind === 'service') return undefined;
  const pods = cluster.findWorkloadPods(namespaceName, name, kind);
  const [end] = pods;
  if (end === undefined) return undefined;
  const which = `${end.workloadKind} ${full} has ${pods.length} pods; this is of ${end.namespaceName}/${end.podName}`;
  return { end, service: undefined, notes: pods.length === 1 ? [] : [which] };
}

function toNotFound(text: string, { kind, namespaceName, name }: AskedName, cluster: Cluster): string {
  const { pods, services, workloads } = cluster.listNames();
  const known =
    kind === undefined
      ? [...pods, ...services, ...workloads]
      : kind === 'pod'
        ? pods
        : kind === 'service'
          ? services
          : workloads;
  const nearest = findNearest(`${namespaceName}/${name}`, known);
  const what = kind === undefined ? 'pod, Service or workload' : kind;
  return `there is no ${what} ${kind === undefined ? text : `${namespaceName}/${name}`}${nearest}`;
}

/** By the whole name; else the same name elsewhere; else one that begins with it, as pods of a workload do. */
function findNearest(full: string, known: readonly string[]): string {
  const name = full.slice(full.indexOf('/'));
  const elsewhere = known.filter((each) => each.endsWith(name)).slice(0, 3);
  const beginning = known.filter((each) => each.startsWith(full)).slice(0, 3);
  const nearest = resolveNearestName(full, new Set(known));
  const meant = elsewhere.length > 0 ? elsewhere : nearest === undefined ? beginning : [nearest];
  return meant.length === 0 ? '' : ` (did you mean ${meant.join(' or ')}?)`;
}
