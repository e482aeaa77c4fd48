/** IANA protocol numbers that podflow decodes. */
export const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipv4',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  136: 'udplite',
};

/** Lower-case IANA keyword of a protocol, as `network.transport` has it; the number as text where none is listed. */
export function toTransportName(protocolNumber: number): string {
  return NAMES[protocolNumber] ?? String(protocolNumber);
}
