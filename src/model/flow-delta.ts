/**
 * What changed for a flow since the last drain, in the memory layout that the kernel program fills
 * (`src/capture/ebpf/flow.h`; a test compares the two) and that the TypeScript aggregator fills alike.
 * Words are little-endian; 64-bit fields are read as low + high × 2^32, without BigInt.
 *
 * A flow has two *sides*, 0 and 1. Side 0 is the end with the lower (address, port); for one-way ICMP and for
 * fragments without ports the order is the same, by address alone. Side counters count what that side **sent**.
 */

/**
 * Bytes of a key: addresses (network order) of sides 0 and 1, ports (host order) of both, protocol, kind, VLAN, and the
 * observation point.
 */
export const KEY_BYTES = { ipv4: 20, ipv6: 44 } as const;

/** Where the tail (ports, protocol, kind, VLAN: 8 bytes) begins in a key. */
export const KEY_TAIL = { ipv4: 8, ipv6: 32 } as const;

/**
 * Where the u32 `point` stands in a key: a number that the backend names by `resolvePoint` (observation-point.ts).
 * 0 is the one point of a probe. A backend that looks at several interfaces takes the interface's index, or a number
 * of its own for one in another network namespace. With POINT_IS_TUNNEL it is an encapsulated flow.
 */
export const KEY_POINT = { ipv4: 16, ipv6: 40 } as const;

/** Bit of a point: the other bits number a tunnel that the backend has met. */
export const POINT_IS_TUNNEL = 0x8000_0000;

/** Byte offsets within the tail of a key. */
export const TAIL = { port0: 0, port1: 2, protocol: 4, kind: 5, vlan: 6 } as const;

/** What a key's ports mean. */
export const KEY_KIND = {
  /** Ports, or for ICMP type and counterpart type (Community ID's mapping); zero for protocols without ports. */
  normal: 0,
  /** Later fragments whose first fragment was not seen: an address pair. */
  fragment: 1,
  /** ICMP without a counterpart: sent by side 0 → ports are (type, code). The sides are *not* ordered: 0 is the sender. */
  icmpOneWay: 2,
} as const;

/** Bytes of a value (two sides) and of one side. */
export const VALUE_BYTES = 112;
export const SIDE_BYTES = 56;

/** Byte offsets within a side. */
export const SIDE = {
  /** u64, whole frames as the interface counts them. */
  bytes: 0,
  /** u64 ns on the batch's clock, first frame; 0 when `frames` is 0. */
  firstNs: 8,
  /** u32, last frame − first frame in units of 1,024 ns. */
  activeKns: 16,
  /** u32. */
  frames: 20,
  /** u32, segments that begin below the highest sequence seen (retransmitted or late), keep-alives left out. */
  retransmits: 24,
  /** u32, the highest sequence number seen + 1, valid with SEEN.sequence. */
  nextSequence: 28,
  /** u32, acknowledgement of the *other* side's segment that this side is awaited to send (kernel's own). */
  awaitedAck: 32,
  /** u32, when that segment passed, in units of 1,024 ns, 0 = none is awaited (kernel's own). */
  awaitedSinceKns: 36,
  /** u32, smoothed time from a segment of the other side to this side's acknowledgement, units of 1,024 ns; 0 = none. */
  ackDelayKns: 40,
  /** u8, union of TCP flags. */
  tcpFlags: 44,
  /** u8, SEEN bits. */
  seen: 45,
  /** u8, SYNs without ACK sent, saturating at 255. */
  synCount: 46,
  /** u8, when this side's segments last began a round-trip sample, in units of 2^27 ns modulo 256 (kernel's own). */
  sampleTick: 47,
  /** u64 ns on the batch's clock, first SYN or SYN-ACK of this side; 0 when there was none. */
  synNs: 48,
} as const;

export const SEEN = {
  /** Sent a SYN without ACK: it is the client. */
  syn: 1,
  /** Sent a SYN with ACK: it is the server. */
  synAck: 2,
  /** A frame of this side left through the observed interface. */
  outgoing: 4,
  /** A frame of this side came in through the observed interface. */
  incoming: 8,
  /** `nextSequence` is valid. */
  sequence: 16,
  /** Announced a receive window of 0: the other side may send nothing for now. */
  zeroWindow: 32,
} as const;

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/** A run of deltas of one address family; valid only during the call that hands it over. */
export interface FlowDeltaBatch {
  readonly family: 'ipv4' | 'ipv6';
  readonly count: number;
  /** `count` × KEY_BYTES[family] bytes; starts on a 4-byte boundary of its buffer. */
  readonly keys: Uint8Array;
  /** `count` × VALUE_BYTES bytes; starts on an 8-byte boundary of its buffer. */
  readonly values: Uint8Array;
  /** Added to a time of the batch it gives nanoseconds since the Unix epoch. */
  readonly clockOffsetNs: number;
}
