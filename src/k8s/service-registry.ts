import type { NamedService } from '../model/named-end.ts';
import type { Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import { toFirstMs } from './first-time.ts';
import type { ServiceFacts, ServicePort } from './kubernetes-object.ts';
import { replaceClaims, type Wanted } from './replace-claims.ts';
import type { NamedServices, ServiceNames } from './service-names.ts';
import type { Tracked } from './object-table.ts';

type Via = NamedService['via'];

/** A Service and what it claims: ports of addresses of its own, and ports of all nodes. */
export interface Service extends Tracked {
  readonly names: NamedServices;
  claims: readonly Claim<NamedService>[];
  nodePortClaims: readonly Claim<NamedService>[];
  /** What it says now of where it leads to. */
  target: Pick<ServiceFacts, 'ports' | 'selector' | 'externalName'>;
}

/** Services by address and port, and by NodePort. */
export class ServiceRegistry {
  readonly claims: ClaimIndex<NamedService>;
  readonly nodePortClaims: ClaimIndex<NamedService>;
  readonly #names: ServiceNames;

  constructor(limits: ClaimLimits, names: ServiceNames) {
    this.claims = new ClaimIndex(limits);
    this.nodePortClaims = new ClaimIndex(limits);
    this.#names = names;
  }

  tell(facts: ServiceFacts, nowMs: number, known: Service | undefined): Service {
    const names = known?.names ?? this.#names.hold(facts.namespaceName, facts.name);
    const { ports, selector, externalName } = facts;
    const target = { ports, selector, externalName };
    const service = known ?? { names, claims: [], nodePortClaims: [], target, round: 0 };
    service.target = target;
    names.service = service;
    const startMs = known === undefined ? toFirstMs(facts.createdMs, nowMs) : nowMs;
    const wanted = toWanted(facts, names);
    const wantedNodePorts = toWantedNodePorts(facts, names);
    service.claims = replaceClaims(this.claims, service.claims, wanted, startMs, nowMs);
    service.nodePortClaims = replaceClaims(
      this.nodePortClaims,
      service.nodePortClaims,
      wantedNodePorts,
      startMs,
      nowMs,
    );
    return service;
  }

  forget(service: Service, nowMs: number): void {
    service.claims = replaceClaims(this.claims, service.claims, [], nowMs, nowMs);
    service.nodePortClaims = replaceClaims(this.nodePortClaims, service.nodePortClaims, [], nowMs, nowMs);
    service.names.service = undefined;
    this.#names.release(service.names);
  }
}

function toWanted(facts: ServiceFacts, names: NamedServices): Wanted<NamedService>[] {
  const toClaims = (addresses: readonly string[], via: Via): Wanted<NamedService>[] =>
    [...new Set(addresses)].flatMap((key) =>
      facts.ports.map(({ portKey, name }) => ({ key, portKey, holder: names.at(via, name) })),
    );
  return [
    ...toClaims(facts.clusterAddresses, 'ClusterIP'),
    ...toClaims(facts.externalAddresses, 'ExternalIP'),
    ...toClaims(facts.loadBalancerAddresses, 'LoadBalancer'),
  ];
}

function toWantedNodePorts({ ports }: ServiceFacts, names: NamedServices): Wanted<NamedService>[] {
  const isNodePort = (port: ServicePort): port is ServicePort & { nodePortKey: number } =>
    port.nodePortKey !== undefined;
  return ports
    .filter(isNodePort)
    .map(({ nodePortKey, name }) => ({ key: nodePortKey, portKey: nodePortKey, holder: names.at('NodePort', name) }));
}
