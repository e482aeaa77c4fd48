/** IANA ether types (linux/if_ether.h); `none` stands for a frame that ends before its type. */
export const ETHER_TYPE = { none: 0, ipv4: 0x0800, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8 } as const;

export function isIp(etherType: number): boolean {
  return etherType === ETHER_TYPE.ipv4 || etherType === ETHER_TYPE.ipv6;
}
