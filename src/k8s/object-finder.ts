import type { EndResolver, NamedEnd } from '../model/named-end.ts';
import type { Labels } from '../model/network-policy.ts';
import { toPodEnd } from './end-name.ts';
import type { EndpointSlice } from './endpoint-registry.ts';
import type { ServicePort } from './kubernetes-object.ts';
import { toNamedPorts } from './named-ports.ts';
import type { Pod } from './pod-registry.ts';
import type { NamedServices, ServiceNames } from './service-names.ts';
import type { Service } from './service-registry.ts';

/** A pod by its name, as it is now. */
export interface FoundPod {
  /** By its first address; `address` is empty where it has none. */
  readonly end: NamedEnd;
  readonly addresses: readonly string[];
  /** Whether it has succeeded or failed: it has no address any more. */
  readonly hasFinished: boolean;
}

export interface FoundServicePort {
  readonly name: string | undefined;
  readonly protocolNumber: number;
  readonly port: number;
  /** Of the backends: a number, or the name of a port of theirs. */
  readonly targetPort: number | string;
  /** The same at each node's address; undefined where it has none. */
  readonly nodePort: number | undefined;
}

/** A Service by its name, as it is now. */
export interface FoundService {
  readonly namespaceName: string;
  readonly serviceName: string;
  /** Its own, those of load balancers and external ones included; none where it is headless or an alias. */
  readonly addresses: readonly string[];
  readonly ports: readonly FoundServicePort[];
  /** Undefined where it selects no pods. */
  readonly selector: Labels | undefined;
  /** The DNS name that it stands for (type ExternalName). */
  readonly externalName: string | undefined;
}

/** One port of one backend of a Service. */
export interface ServiceBackend {
  readonly end: NamedEnd;
  readonly protocolNumber: number;
  readonly port: number;
  /** Name of the Service's port that leads to it. */
  readonly portName: string | undefined;
  readonly isReady: boolean;
}

export interface FinderSources {
  readonly pods: { values(): Iterable<Pod> };
  readonly services: ServiceNames;
  readonly resolver: EndResolver;
  readonly clusterName: string | undefined;
}

type PortChoice = number | string | undefined;

/** Finds objects by their names, as they are now. */
export class ObjectFinder {
  readonly #sources: FinderSources;

  constructor(sources: FinderSources) {
    this.#sources = sources;
  }

  findPod(namespaceName: string, podName: string): FoundPod | undefined {
    let found: Pod | undefined;
    for (const pod of this.#sources.pods.values())
      if (pod.name === podName && pod.namespaceName === namespaceName && (found === undefined || found.hasFinished))
        found = pod;
    return found && this.#toFoundPod(found);
  }

  listPods(): FoundPod[] {
    return Array.from(this.#sources.pods.values(), (pod) => this.#toFoundPod(pod));
  }

  findService(namespaceName: string, serviceName: string): FoundService | undefined {
    const service = this.#sources.services.find(namespaceName, serviceName)?.service;
    return service && toFoundService(service);
  }

  listServices(): FoundService[] {
    return Array.from(this.#sources.services.values()).flatMap(
      ({ service }) => (service && toFoundService(service)) || [],
    );
  }

  serviceBackends(namespaceName: string, serviceName: string, choice?: PortChoice): readonly ServiceBackend[] {
    const names = this.#sources.services.find(namespaceName, serviceName);
    if (names === undefined) return [];
    return names.slices.length > 0 ? this.#listBackends(names, choice) : this.#selectBackends(names, choice);
  }

  /** What the EndpointSlices say. An endpoint may be in two of them at once. */
  #listBackends({ slices, service }: NamedServices, choice: PortChoice): ServiceBackend[] {
    const isChosen = toPortNameTest(service, choice);
    const backends = new Map<string, ServiceBackend>();
    for (const slice of slices)
      for (const { named, portKey } of slice.backends?.ports ?? []) {
        if (!isChosen(named.portName)) continue;
        const [protocolNumber, told] = [Math.floor(portKey / 65_536), portKey % 65_536];
        // A slice without a port number leads to whatever port was dialled.
        const port = told === 0 ? findNumber(service, named.portName) : told;
        for (const { key } of slice.claims) {
          const text = `${key} ${protocolNumber} ${port} ${named.portName}`;
          const isReady = isReadyIn(slice, key as string) || backends.get(text)?.isReady === true;
          const end = this.#sources.resolver.resolveEnd(key as string, protocolNumber, port, Infinity);
          backends.set(text, { end, protocolNumber, port, portName: named.portName, isReady });
        }
      }
    return [...backends.values()];
  }

  /** What the EndpointSlices would say: the selected pods, at the ports that they declare by name or that are numbers. */
  #selectBackends({ service, namespaceName }: NamedServices, choice: PortChoice): ServiceBackend[] {
    if (service?.target.selector === undefined) return [];
    const { selector } = service.target;
    const isChosen = toPortNameTest(service, choice);
    const ports = service.target.ports.filter(({ name }) => isChosen(name));
    const backends: ServiceBackend[] = [];
    for (const pod of this.#sources.pods.values()) {
      if (pod.namespaceName !== namespaceName || pod.hasFinished || !isSelected(pod, selector)) continue;
      const end = this.#nameFirst(pod, toAddresses(pod));
      for (const each of ports) {
        const { name, protocolNumber, targetPort } = toFoundPort(each);
        const port = typeof targetPort === 'number' ? targetPort : findDeclared(pod, protocolNumber, targetPort);
        if (port !== undefined) backends.push({ end, protocolNumber, port, portName: name, isReady: true });
      }
    }
    return backends;
  }

  #toFoundPod(pod: Pod): FoundPod {
    const addresses = toAddresses(pod);
    return { end: this.#nameFirst(pod, addresses), addresses, hasFinished: pod.hasFinished };
  }

  #nameFirst(pod: Pod, [address]: readonly string[]): NamedEnd {
    const { resolver, clusterName } = this.#sources;
    // An ordinary pod's own address needs no port; the names are those of records.
    const named = address === undefined || pod.isHostNetwork ? undefined : resolver.resolveEnd(address, 0, 0, Infinity);
    if (named?.podUid === pod.uid && named?.podName === pod.name) return named;
    return toPodEnd(address ?? '', pod, clusterName, pod.labels);
  }
}

function toFoundService({ names, claims, target }: Service): FoundService {
  const { namespaceName, serviceName } = names;
  const { ports, selector, externalName } = target;
  const addresses = [...new Set(claims.map(({ key }) => key as string))];
  return { namespaceName, serviceName, addresses, ports: ports.map(toFoundPort), selector, externalName };
}

function toAddresses(pod: Pod): readonly string[] {
  return pod.isHostNetwork ? pod.hostAddresses : pod.claims.map(({ key }) => key as string);
}

function toFoundPort({ name, portKey, targetPort, nodePortKey }: ServicePort): FoundServicePort {
  const nodePort = nodePortKey === undefined ? undefined : nodePortKey % 65_536;
  return { name, protocolNumber: Math.floor(portKey / 65_536), port: portKey % 65_536, targetPort, nodePort };
}

/** Tells by a port's name whether it is the one that is asked for: slices know the Service's ports by name only. */
function toPortNameTest(service: Service | undefined, choice: PortChoice): (name: string | undefined) => boolean {
  if (choice === undefined) return () => true;
  if (typeof choice === 'string') return (name) => name === choice;
  const port = service?.target.ports.find(({ portKey }) => portKey === choice);
  return port === undefined ? () => false : (name) => name === port.name;
}

function findNumber(service: Service | undefined, portName: string | undefined): number {
  const port = service?.target.ports.find(({ name }) => name === portName);
  return port === undefined ? 0 : toFoundPort(port).port;
}

function isReadyIn({ unready }: EndpointSlice, address: string): boolean {
  return !unready.includes(address);
}

function isSelected({ labels }: Pod, selector: Labels): boolean {
  return Object.keys(selector).every((key) => labels?.[key] === selector[key]);
}

function findDeclared(pod: Pod, protocolNumber: number, portName: string): number | undefined {
  return toNamedPorts(pod.ports).find((each) => each.name === portName && each.protocolNumber === protocolNumber)?.port;
}
