/** Layout of the drop maps, the constants and the counters: the twin of drops.h, which says what each field means. */
export const DROP_KEY_BYTES = 48;
export const DROP_VALUE_BYTES = 40;

export const DROP_KEY = {
  source: 0,
  destination: 16,
  netns: 32,
  reason: 36,
  sourcePort: 40,
  destinationPort: 42,
  protocol: 44,
  kind: 45,
} as const;
/** Bytes from the begin of an address to its IPv4 part. */
export const IPV4_AT = 12;
export const DROP_KIND = { ipv4: 1, hasPorts: 2 } as const;

export const DROP_VALUE = { packets: 0, bytes: 8, firstNs: 16, lastNs: 24, tcpFlags: 32 } as const;
/** Among the packets was a SYN without ACK. */
export const FIRST_SYN = 0x100;
export const TCP_FLAGS_MASK = 0xff;

/** `struct drop_constants`: a limit, then a byte for each reason. */
export const DROP_CONSTANTS_BYTES = 260;
export const IGNORED_AT = 4;
export const TOLD_REASONS = 256;
/** Nanoseconds of a tick, to which the limit applies. */
export const DROP_TICK_NS = 2 ** 27;

/** Cells of `struct drop_counters`, in order. */
export const DROP_COUNTERS = ['inserted', 'namespace', 'rate', 'noTuple', 'mapFull'] as const;
