/**
 * An ICMP or ICMPv6 error seen by the capture: it quotes the packet that could not be delivered
 * (RFC 792, RFC 1812 §4.3.2.3, RFC 4443 §3), by which the flow is found.
 */
export interface IcmpError {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: number;
  /** Where it was seen; the quoted flow is looked for at the same point. */
  readonly point: number;
  readonly family: 'ipv4' | 'ipv6';
  /** Key of the quoted packet's flow, in the layout of flow-delta.ts, `point` included. */
  readonly quotedKey: Uint8Array;
  /** Side of that key which had sent the quoted packet. */
  readonly quotedSide: 0 | 1;
  readonly type: number;
  readonly code: number;
  /** Next-hop MTU of "fragmentation needed" and "packet too big", else undefined. */
  readonly mtuBytes: number | undefined;
  /** Who sent the error. */
  readonly reporterAddress: string;
}
