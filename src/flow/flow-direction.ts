import ipaddr from 'ipaddr.js';
import { toAddressText } from '../lib/address-text.ts';
import { SEEN } from '../model/flow-delta.ts';
import type { FlowDirection } from '../model/flow-record.ts';

/** Where the capture stands: on the pod's own interface, or on the host's end of its veth. */
export type ObserverSide = 'pod' | 'host';

/**
 * Tells the initiator's direction, seen from the observed pod: by the way its frames passed the interface, else by
 * those of the other side, else by whose address is the pod's own.
 */
export class DirectionResolver {
  readonly #outgoing: FlowDirection;
  readonly #incoming: FlowDirection;
  readonly #own: ReadonlySet<string>;

  /** Own addresses are IP addresses as text; what is none is left out. */
  constructor(observerSide: ObserverSide, ownAddresses: readonly string[]) {
    // What leaves the host's end of a veth goes into the pod.
    this.#outgoing = observerSide === 'pod' ? 'egress' : 'ingress';
    this.#incoming = observerSide === 'pod' ? 'ingress' : 'egress';
    this.#own = new Set(ownAddresses.filter((address) => ipaddr.isValid(address)).map(toCanonicalText));
  }

  /** Takes the `SEEN` bits and the address texts of client and server. */
  resolve(clientSeen: number, serverSeen: number, clientAddress: string, serverAddress: string): FlowDirection {
    const byClient = this.#byPassage(clientSeen & SEEN.outgoing, clientSeen & SEEN.incoming);
    if (byClient !== 'unknown') return byClient;
    const byServer = this.#byPassage(serverSeen & SEEN.incoming, serverSeen & SEEN.outgoing);
    return byServer === 'unknown' ? this.#byAddress(clientAddress, serverAddress) : byServer;
  }

  /** Frames that passed both ways (loopback, hairpin) tell nothing. */
  #byPassage(outgoing: number, incoming: number): FlowDirection {
    if ((outgoing !== 0) === (incoming !== 0)) return 'unknown';
    return outgoing === 0 ? this.#incoming : this.#outgoing;
  }

  #byAddress(client: string, server: string): FlowDirection {
    const isClientOwn = this.#own.has(client);
    if (isClientOwn === this.#own.has(server)) return 'unknown';
    return isClientOwn ? 'egress' : 'ingress';
  }
}

function toCanonicalText(address: string): string {
  return toAddressText(Uint8Array.from(ipaddr.parse(address).toByteArray()));
}
