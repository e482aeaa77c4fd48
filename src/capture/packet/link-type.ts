/** Link-layer header types that podflow decodes, by their number in capture files (tcpdump.org/linktypes.html). */
export const LINK_TYPE = {
  /** BSD loopback: address family in the byte order of the machine that captured. */
  null: 0,
  ethernet: 1,
  /** IPv4 or IPv6 without a link header. */
  raw: 101,
  /** OpenBSD loopback: address family in network order. */
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

export type LinkType = (typeof LINK_TYPE)[keyof typeof LINK_TYPE];

const DECODED: ReadonlySet<number> = new Set(Object.values(LINK_TYPE));
/** Values of DLT_RAW on some systems, found in files of programs that do not map them. */
const RAW_ALIASES: ReadonlySet<number> = new Set([12, 14]);

/** The link type of a number found in a capture file, undefined for those that podflow does not decode. */
export function toLinkType(number: number): LinkType | undefined {
  if (RAW_ALIASES.has(number)) return LINK_TYPE.raw;
  return DECODED.has(number) ? (number as LinkType) : undefined;
}
