/**
 * Layout of a row: what the table remembers of one flow, 192 bytes in one buffer that is read as doubles, words and
 * bytes. Doubles hold times on the clock of the deltas (so that a stepped wall clock changes no age) and u64 sums.
 */
export const ROW_BYTES = 192;

/** Doubles of a row, in units of 8 bytes. */
export const ROW_F64 = {
  /** First frame of the flow (after an active timeout: when the flow went on under a new id). */
  startedNs: 0,
  /** Last frame when the connection was seen to end; valid with `ROW_STATE.ended`. */
  endedNs: 1,
  /** When the latest ICMP error about the flow came; valid when `icmpOutcome` is not 0. */
  icmpErrorNs: 2,
  /** Number of the flow, from which its id is made. */
  serial: 3,
  sides: 4,
} as const;

/**
 * Doubles of a side, from `ROW_F64.sides + side × SIDE_F64.count`. The first two are emptied by each report; without
 * frames `firstNs` means nothing, and `lastNs` is that of an interval before.
 */
export const SIDE_F64 = { bytes: 0, frames: 1, firstNs: 2, lastNs: 3, synNs: 4, count: 5 } as const;

/** Words of a row, in units of 4 bytes; the key lies as in a delta, 5 words for IPv4 and 11 for IPv6. */
export const ROW_U32 = {
  key: 28,
  sequence: 39,
  sides: 40,
  /** Smallest next-hop MTU that ICMP asked for, bytes, 0 = none; emptied by each report. */
  icmpMtu: 47,
} as const;

/** Words of a side, from `ROW_U32.sides + side × SIDE_U32.count`; emptied by each report. */
export const SIDE_U32 = { retransmits: 0, ackDelayKns: 1, count: 2 } as const;

/** Bytes of a row. */
export const ROW_U8 = {
  sides: 176,
  /** `ORIENTATION` bits. */
  orientation: 184,
  /** Index into `ICMP_OUTCOMES`, 0 = no ICMP error. */
  icmpOutcome: 185,
  /** Side whose packet the ICMP error quoted. */
  icmpSide: 186,
  /** Bits of `SYMPTOM_BIT` that were noted as they came; emptied by each report. */
  symptoms: 187,
} as const;

/** Bytes of a side, from `ROW_U8.sides + side × SIDE_U8.count`; only `tcpFlags` is emptied by a report. */
export const SIDE_U8 = {
  /** Union of the TCP flags since the last report. */
  tcpFlags: 0,
  /** Union of the TCP flags of the flow's life. */
  lifeFlags: 1,
  /** `SEEN` bits of the flow's life, and `SIDE_SENT`. */
  seen: 2,
  /** SYNs without ACK of the flow's life, saturating. */
  synCount: 3,
  count: 4,
} as const;

/** Bit beside those of `SEEN`: the side sent at least one frame. */
export const SIDE_SENT = 128;

/** State of a row; kept outside of it in one byte, so that a walk over all rows touches little memory. */
export const ROW_STATE = {
  used: 1,
  /** Has packets that no record has told yet. */
  pending: 2,
  /** TCP: both sides sent FIN, or one RST. */
  ended: 4,
  ipv6: 8,
  /** The handshake's time was told, or cannot be known. */
  handshakeTold: 16,
  /** The key is of TCP segments; later fragments without their first are none. */
  tcp: 32,
  /** The key has ports: TCP, UDP or SCTP. */
  ports: 64,
} as const;

/** How a flow is oriented; 0 until its first report. */
export const ORIENTATION = { known: 1, clientIsSide1: 2, bySyn: 4 } as const;
