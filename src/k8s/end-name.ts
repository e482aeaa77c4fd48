import type { AutonomousSystem, EndKind, GeoPlace, NamedEnd, NamedPort, NamedService } from '../model/named-end.ts';
import type { Labels } from '../model/network-policy.ts';
import { toNamedPorts } from './named-ports.ts';
import type { NodeEntry } from './node-registry.ts';
import { toTopmostOwner } from './owner-registry.ts';
import type { Pod } from './pod-registry.ts';

const NO_PORTS: readonly NamedPort[] = [];

/** A `NamedEnd` while it is made. One class for all kinds: whoever reads names meets one shape of object. */
class EndName implements NamedEnd {
  readonly kind: EndKind;
  readonly address: string;
  readonly clusterName: string | undefined;
  namespaceName: string | undefined = undefined;
  podName: string | undefined = undefined;
  podUid: string | undefined = undefined;
  nodeName: string | undefined = undefined;
  workloadKind: string | undefined = undefined;
  workloadName: string | undefined = undefined;
  serviceName: string | undefined = undefined;
  containerName: string | undefined = undefined;
  zone: string | undefined = undefined;
  labels: Labels | undefined = undefined;
  namedPorts: readonly NamedPort[] = NO_PORTS;
  isHostNetwork = false;
  candidateCount = 0;
  place: GeoPlace | undefined = undefined;
  autonomousSystem: AutonomousSystem | undefined = undefined;

  constructor(kind: EndKind, address: string, clusterName: string | undefined) {
    this.kind = kind;
    this.address = address;
    this.clusterName = clusterName;
  }
}

/** @param labels those of the moment that is asked for */
export function toPodEnd(
  address: string,
  pod: Pod,
  clusterName: string | undefined,
  labels: Labels | undefined,
): NamedEnd {
  const end = new EndName('pod', address, clusterName);
  const owner = pod.owner === undefined ? undefined : toTopmostOwner(pod.owner);
  end.namespaceName = pod.namespaceName;
  end.podName = pod.name;
  end.podUid = pod.uid;
  end.nodeName = pod.node?.name;
  end.workloadKind = owner?.kind ?? 'Pod';
  end.workloadName = owner?.name ?? pod.name;
  end.containerName = pod.containerName;
  end.zone = pod.node?.zone;
  end.labels = labels;
  end.namedPorts = toNamedPorts(pod.ports);
  end.isHostNetwork = pod.isHostNetwork;
  return end;
}

/** @param candidateCount hostNetwork pods of the node that it might be; 0 = the node itself */
export function toNodeEnd(
  address: string,
  node: NodeEntry,
  candidateCount: number,
  clusterName: string | undefined,
): NamedEnd {
  const end = new EndName(candidateCount === 0 ? 'node' : 'ambiguous', address, clusterName);
  end.nodeName = node.name;
  end.zone = node.zone;
  end.candidateCount = candidateCount;
  return end;
}

/** @param service undefined where several have the address and the port does not tell which */
export function toServiceEnd(
  address: string,
  service: NamedService | undefined,
  clusterName: string | undefined,
): NamedEnd {
  const end = new EndName('service', address, clusterName);
  end.namespaceName = service?.namespaceName;
  end.serviceName = service?.serviceName;
  return end;
}

/** An address of the cluster that nothing is known of. */
export function toUnknownEnd(address: string, clusterName: string | undefined): NamedEnd {
  return new EndName('unknown', address, clusterName);
}

/** What is known of an address outside the cluster. */
export interface ExternalDescription {
  readonly place: GeoPlace | undefined;
  readonly autonomousSystem: AutonomousSystem | undefined;
}

export function toExternalEnd(address: string, description: ExternalDescription | undefined): NamedEnd {
  const end = new EndName('external', address, undefined);
  end.place = description?.place;
  end.autonomousSystem = description?.autonomousSystem;
  return end;
}

/** Whether two names say the same; their labels, ports and places are compared as objects. */
export function isSameEnd(one: NamedEnd, other: NamedEnd): boolean {
  return (
    one.kind === other.kind &&
    one.address === other.address &&
    one.namespaceName === other.namespaceName &&
    one.podName === other.podName &&
    one.podUid === other.podUid &&
    one.nodeName === other.nodeName &&
    one.workloadKind === other.workloadKind &&
    one.workloadName === other.workloadName &&
    one.serviceName === other.serviceName &&
    one.containerName === other.containerName &&
    one.zone === other.zone &&
    one.labels === other.labels &&
    one.namedPorts === other.namedPorts &&
    one.isHostNetwork === other.isHostNetwork &&
    one.candidateCount === other.candidateCount
  );
}
