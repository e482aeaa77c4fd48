/** Pairs of request and answer of ICMP (RFC 792, 950, 1256) that make one two-way flow, as Community ID v1 has it. */
const ICMP4 = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [10, 9],
  [9, 10],
  [17, 18],
  [18, 17],
]);

/** The same of ICMPv6 (RFC 4443, 2710, 4861, 4620, 6275). */
const ICMP6 = new Map([
  [128, 129],
  [129, 128],
  [130, 131],
  [131, 130],
  [133, 134],
  [134, 133],
  [135, 136],
  [136, 135],
  [139, 140],
  [140, 139],
  [144, 145],
  [145, 144],
]);

/** Counterpart of an ICMP type, or undefined where the message is one-way. */
export function resolveIcmpCounterpart(family: 'ipv4' | 'ipv6', type: number): number | undefined {
  return (family === 'ipv4' ? ICMP4 : ICMP6).get(type);
}
