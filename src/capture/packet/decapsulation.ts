import type { DecodedPacket } from './decoded-packet.ts';

/**
 * Looks into the tunnels of one observation point and numbers them (tunnel-key.ts). Points are signed integers as in
 * DecodedPacket.
 */
export interface Decapsulation {
  /** See `enterTunnel`. */
  enter(bytes: Uint8Array, end: number, frameEnd: number, packet: DecodedPacket): boolean;
  /** Point of the flow of a packet in a tunnel; 0 when the tunnel has no number, and the outer packet counts. */
  point(bytes: Uint8Array, packet: DecodedPacket): number;
  /**
   * Point of the flow that an ICMP error in a tunnel quotes, whose side `quotedSide` is where the error goes. Where no
   * such tunnel was met it is the point of no flow.
   */
  quotedPoint(bytes: Uint8Array, packet: DecodedPacket, quotedSide: 0 | 1): number;
}
