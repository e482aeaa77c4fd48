import ipaddr from 'ipaddr.js';
import { toAddressText } from '../lib/address-text.ts';
import { SEEN } from '../model/flow-delta.ts';
import type { FlowDirection } from '../model/flow-record.ts';
import type { ObserverSide } from '../model/observation-point.ts';

/**
 * Tells the initiator's direction, seen from the observed pod: by the way its frames passed the interface, else by
 * those of the other side, else by whose address is the pod's own.
 */
export class DirectionResolver {
  readonly #own: ReadonlySet<string>;

  /** Own addresses are IP addresses as text; what is none is left out. */
  constructor(ownAddresses: readonly string[]) {
    this.#own = new Set(ownAddresses.filter((address) => ipaddr.isValid(address)).map(toCanonicalText));
  }

  /** Takes the observer's side, and the `SEEN` bits and the address texts of client and server. */
  resolve(
    side: ObserverSide,
    clientSeen: number,
    serverSeen: number,
    clientAddress: string,
    serverAddress: string,
  ): FlowDirection {
    const byClient = toDirection(side, clientSeen & SEEN.outgoing, clientSeen & SEEN.incoming);
    if (byClient !== 'unknown') return byClient;
    const byServer = toDirection(side, serverSeen & SEEN.incoming, serverSeen & SEEN.outgoing);
    return byServer === 'unknown' ? this.#byAddress(clientAddress, serverAddress) : byServer;
  }

  #byAddress(client: string, server: string): FlowDirection {
    const isClientOwn = this.#own.has(client);
    if (isClientOwn === this.#own.has(server)) return 'unknown';
    return isClientOwn ? 'egress' : 'ingress';
  }
}

/** By the way the frames passed; those that passed both ways (loopback, hairpin) tell nothing. */
function toDirection(side: ObserverSide, outgoing: number, incoming: number): FlowDirection {
  if ((outgoing !== 0) === (incoming !== 0)) return 'unknown';
  // What leaves the host's end of a veth goes into the pod.
  return (outgoing !== 0) === (side === 'pod') ? 'egress' : 'ingress';
}

function toCanonicalText(address: string): string {
  return toAddressText(Uint8Array.from(ipaddr.parse(address).toByteArray()));
}
