import type { NamedService } from '../model/named-end.ts';
import type { Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import { toFirstMs } from './first-time.ts';
import type { DeclaredPort, EndpointSliceFacts } from './kubernetes-object.ts';
import type { Tracked } from './object-table.ts';
import { toPortKey } from './port-key.ts';
import { replaceClaims, type Wanted } from './replace-claims.ts';
import type { NamedServices, ServiceNames } from './service-names.ts';

const ALL_PORTS = 0;

/** A Service and the ports that backends of one of its slices have. Each backend's address is claimed by it. */
export interface Backends {
  readonly names: NamedServices;
  readonly ports: readonly BackendPort[];
}

export interface BackendPort {
  readonly portKey: number;
  readonly named: NamedService;
}

export interface EndpointSlice extends Tracked {
  /** Undefined where the slice stands for no Service. */
  backends: Backends | undefined;
  claims: readonly Claim<Backends>[];
  /** Those of its addresses that are not ready. */
  unready: readonly string[];
}

/** Services by the backends that their EndpointSlices list. */
export class EndpointRegistry {
  readonly #claims: ClaimIndex<Backends>;
  readonly #names: ServiceNames;

  constructor(limits: ClaimLimits, names: ServiceNames) {
    this.#claims = new ClaimIndex(limits, (claim, portKey) => findPort(claim.holder, portKey) !== undefined);
    this.#names = names;
  }

  tell(facts: EndpointSliceFacts, nowMs: number, known: EndpointSlice | undefined): EndpointSlice {
    const slice: EndpointSlice = known ?? { backends: undefined, claims: [], unready: [], round: 0 };
    slice.unready = facts.unready;
    const backends = this.#toBackends(facts, slice.backends);
    // What is new in a slice that was known came just now; the slice's age says nothing of it.
    const startMs = known === undefined ? toFirstMs(facts.createdMs, nowMs) : nowMs;
    const wanted = backends === undefined ? [] : facts.addresses.map((key) => ({ key, portKey: 0, holder: backends }));
    this.#set(slice, backends, wanted, startMs, nowMs);
    return slice;
  }

  forget(slice: EndpointSlice, nowMs: number): void {
    this.#set(slice, undefined, [], nowMs, nowMs);
  }

  /** Whether an address is among the backends of any Service, now or lately. */
  has(address: string): boolean {
    return this.#claims.newest(address) !== undefined;
  }

  /** The only Service that has this backend at a time; undefined where none or several have. */
  find(address: string, protocolNumber: number, port: number, timeMs: number): NamedService | undefined {
    const portKey = toPortKey(protocolNumber, port);
    const newest = this.#claims.newest(address);
    if (newest === undefined) return undefined;
    const claim = this.#claims.choose(newest, portKey, timeMs);
    if (claim === undefined) return undefined;
    const isAlone = newest.older === undefined;
    if (!isAlone && this.#claims.isContested(newest, claim, portKey, timeMs, isSameService)) return undefined;
    return findPort(claim.holder, portKey)?.named;
  }

  /** The same object while it says the same. Each object refers to its Service once. */
  #toBackends(facts: EndpointSliceFacts, known: Backends | undefined): Backends | undefined {
    const { namespaceName, serviceName, ports } = facts;
    if (serviceName === undefined) return undefined;
    if (known?.names.serviceName === serviceName && isSamePorts(known.ports, ports)) return known;
    const names = this.#names.hold(namespaceName, serviceName);
    return { names, ports: ports.map(({ portKey, name }) => ({ portKey, named: names.at('Endpoint', name) })) };
  }

  #set(
    slice: EndpointSlice,
    backends: Backends | undefined,
    wanted: readonly Wanted<Backends>[],
    startMs: number,
    nowMs: number,
  ): void {
    slice.claims = replaceClaims(this.#claims, slice.claims, wanted, startMs, nowMs);
    const before = slice.backends;
    slice.backends = backends;
    if (before === backends) return;
    if (before?.names !== backends?.names) moveSlice(slice, before?.names, backends?.names);
    if (before !== undefined) this.#names.release(before.names);
  }
}

function moveSlice(slice: EndpointSlice, from: NamedServices | undefined, to: NamedServices | undefined): void {
  if (from !== undefined) from.slices = from.slices.filter((each) => each !== slice);
  if (to !== undefined) to.slices = to.slices.concat(slice);
}

function findPort({ ports }: Backends, portKey: number): BackendPort | undefined {
  for (const port of ports) if (port.portKey === portKey) return port;
  // A port that is not told stands for all of its protocol.
  const allPorts = portKey - (portKey % 65_536) + ALL_PORTS;
  for (const port of ports) if (port.portKey === allPorts) return port;
  return undefined;
}

function isSamePorts(known: readonly BackendPort[], told: readonly DeclaredPort[]): boolean {
  const isSame = ({ portKey, named }: BackendPort, i: number): boolean =>
    portKey === told[i]?.portKey && named.portName === told[i].name;
  return known.length === told.length && known.every(isSame);
}

function isSameService(one: Backends, other: Backends): boolean {
  return one.names === other.names;
}
