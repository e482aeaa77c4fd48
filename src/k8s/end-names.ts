import type { EndResolver, NamedEnd, NamedService } from '../model/named-end.ts';
import { toCanonicalAddress } from './canonical-address.ts';
import type { Claim } from './claim.ts';
import { isSameEnd, toExternalEnd, toPodEnd, toServiceEnd } from './end-name.ts';
import type { EndpointRegistry } from './endpoint-registry.ts';
import type { FactsRevision } from './facts-revision.ts';
import { HostNames } from './host-names.ts';
import { hasLabelsOfNow, toLabelsAt, toSharedEnd } from './label-history.ts';
import type { NodeAddress, NodeRegistry } from './node-registry.ts';
import type { Pod, PodRegistry } from './pod-registry.ts';
import { ANY_PORT, toPortKey } from './port-key.ts';
import { RecentMap } from './recent-map.ts';
import { isSameService } from './service-names.ts';
import type { ServiceRegistry } from './service-registry.ts';
import type { Strangers } from './strangers.ts';

/** Texts that are written otherwise than records write addresses, and ends of addresses that several Services share. */
const MAX_ODD = 4_096;

export interface NameSources {
  readonly pods: PodRegistry;
  readonly nodes: NodeRegistry;
  readonly services: ServiceRegistry;
  readonly endpoints: EndpointRegistry;
  readonly strangers: Strangers;
  readonly revision: FactsRevision;
  readonly clusterName: string | undefined;
}

/**
 * Names addresses. What an address is, in this order: a pod's; of a hostNetwork pod that declares the port; a Service's
 * with that port, a NodePort included; a node's; a Service's with whatever port; a stranger's.
 */
export class EndNames implements EndResolver {
  readonly #sources: NameSources;
  readonly #hostNames: HostNames;
  /** Text → canonical text. */
  readonly #forms = new RecentMap<string, string>(MAX_ODD);
  readonly #sharedByServices = new RecentMap<string, NamedEnd>(MAX_ODD);

  constructor(sources: NameSources) {
    this.#sources = sources;
    this.#hostNames = new HostNames(sources.pods.hostClaims, sources.revision, sources.clusterName);
  }

  resolveEnd(address: string, protocolNumber: number, port: number | undefined, timeMs: number): NamedEnd {
    const claim = this.#sources.pods.claims.find(address, 0, timeMs);
    if (claim === undefined) return this.#resolveOther(address, protocolNumber, port, timeMs);
    return claim.revision === this.#sources.revision.value ? claim.end! : this.#namePod(claim, timeMs);
  }

  resolveService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined {
    if (port === undefined) return undefined;
    const portKey = toPortKey(protocolNumber, port);
    const named = this.#findService(address, portKey, timeMs);
    if (named !== undefined || !address.includes(':')) return named;
    const canonical = this.#toCanonical(address);
    return canonical === undefined || canonical === address ? named : this.#findService(canonical, portKey, timeMs);
  }

  resolveEndpointService(
    address: string,
    protocolNumber: number,
    port: number | undefined,
    timeMs: number,
  ): NamedService | undefined {
    if (port === undefined) return undefined;
    const { endpoints } = this.#sources;
    const isKnown = endpoints.has(address);
    const key = isKnown || !address.includes(':') ? address : (this.#toCanonical(address) ?? address);
    return endpoints.find(key, protocolNumber, port, timeMs);
  }

  #findService(address: string, portKey: number, timeMs: number): NamedService | undefined {
    const { services, nodes } = this.#sources;
    const claim = services.claims.find(address, portKey, timeMs);
    if (claim !== undefined) return claim.holder;
    const nodePort = services.nodePortClaims.find(portKey, portKey, timeMs);
    if (nodePort === undefined || nodes.claims.find(address, 0, timeMs) === undefined) return undefined;
    return nodePort.holder;
  }

  /** The name kept when it is still true, else a new one. */
  #namePod(claim: Claim<Pod>, timeMs: number): NamedEnd {
    const { revision, clusterName } = this.#sources;
    const pod = claim.holder;
    const isOfNow = hasLabelsOfNow(pod, timeMs);
    // Marked apart, so that a pod whose labels changed lately comes by here each time; below the -1 of the unchecked.
    const checked = pod.past === undefined ? revision.value : -2 - revision.value;
    if (isOfNow && claim.revision === checked) return claim.end!;
    if (claim.end !== undefined) toSharedEnd(pod, claim.end);
    const end = toSharedEnd(pod, toPodEnd(claim.key as string, pod, clusterName, toLabelsAt(pod, timeMs)));
    if (!isOfNow) return end;
    claim.revision = checked;
    if (claim.end === undefined || !isSameEnd(claim.end, end)) claim.end = end;
    return claim.end;
  }

  #resolveOther(address: string, protocolNumber: number, port: number | undefined, timeMs: number): NamedEnd {
    const { nodes, strangers } = this.#sources;
    const portKey = port === undefined ? ANY_PORT : toPortKey(protocolNumber, port);
    const node = nodes.claims.find(address, 0, timeMs);
    const end =
      node === undefined ? this.#nameService(address, portKey, timeMs) : this.#nameNode(address, node, portKey, timeMs);
    return end ?? strangers.recall(address) ?? this.#meet(address, protocolNumber, port, timeMs);
  }

  #nameNode(address: string, claim: Claim<NodeAddress>, portKey: number, timeMs: number): NamedEnd {
    const { services } = this.#sources;
    if (portKey === ANY_PORT) return this.#hostNames.byNode(claim, portKey, timeMs);
    const pod = this.#hostNames.byPort(claim, portKey, timeMs);
    if (pod !== undefined) return pod;
    const service = services.claims.find(address, portKey, timeMs);
    if (service !== undefined) return this.#toServiceEnd(service);
    const nodePort = services.nodePortClaims.find(portKey, portKey, timeMs);
    if (nodePort !== undefined) return this.#hostNames.byNodePort(claim, nodePort.holder);
    return this.#hostNames.byNode(claim, portKey, timeMs);
  }

  #nameService(address: string, portKey: number, timeMs: number): NamedEnd | undefined {
    const { claims } = this.#sources.services;
    const newest = claims.newest(address);
    if (newest === undefined) return undefined;
    const exact = portKey === ANY_PORT ? undefined : claims.choose(newest, portKey, timeMs);
    if (exact !== undefined) return this.#toServiceEnd(exact);
    const any = claims.choose(newest, ANY_PORT, timeMs);
    if (any === undefined) return undefined;
    return claims.isContested(newest, any, ANY_PORT, timeMs, isSameService)
      ? this.#toSharedEnd(address)
      : this.#toServiceEnd(any);
  }

  /** One name for all ports of a Service at an address. */
  #toServiceEnd(claim: Claim<NamedService>): NamedEnd {
    if (claim.end !== undefined) return claim.end;
    for (let each = this.#sources.services.claims.newest(claim.key); each !== undefined; each = each.older)
      if (isSameService(each.holder, claim.holder)) claim.end ??= each.end;
    claim.end ??= toServiceEnd(claim.key as string, claim.holder, this.#sources.clusterName);
    return claim.end;
  }

  #toSharedEnd(address: string): NamedEnd {
    const known = this.#sharedByServices.get(address);
    if (known !== undefined) return known;
    const end = toServiceEnd(address, undefined, this.#sources.clusterName);
    this.#sharedByServices.set(address, end);
    return end;
  }

  /** An address that was not met before, or is written in another way. */
  #meet(address: string, protocolNumber: number, port: number | undefined, timeMs: number): NamedEnd {
    const canonical = this.#toCanonical(address);
    if (canonical === undefined) return toExternalEnd(address, undefined);
    if (canonical !== address) return this.resolveEnd(canonical, protocolNumber, port, timeMs);
    return this.#sources.strangers.meet(address);
  }

  #toCanonical(address: string): string | undefined {
    const known = this.#forms.get(address);
    if (known !== undefined) return known;
    const canonical = toCanonicalAddress(address);
    if (canonical !== undefined && canonical !== address) this.#forms.set(address, canonical);
    return canonical;
  }
}
