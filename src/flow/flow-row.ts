import { KEY_POINT, KEY_TAIL, TAIL } from '../model/flow-delta.ts';
import { CHUNK_MASK, type RowChunk } from './row-chunk.ts';
import {
  ORIENTATION,
  ROW_BYTES,
  ROW_F64,
  ROW_STATE,
  ROW_U32,
  ROW_U8,
  SIDE_F64,
  SIDE_SENT,
  SIDE_U32,
  SIDE_U8,
} from './row-layout.ts';

export type Side = 0 | 1;

/**
 * A cursor over the rows: one object that `seek` lays over one row after the other, so that reading a flow allocates
 * nothing. Whoever holds it must not expect it to stay on its row when another is sought.
 */
export class FlowRow {
  index = 0;
  chunk: RowChunk;
  /** Number of the row in its chunk, and where it begins in `f64`, `u32` and `u8`. */
  local = 0;
  f64At = 0;
  u32At = 0;
  u8At = 0;

  constructor(chunk: RowChunk) {
    this.chunk = chunk;
  }

  seek(chunk: RowChunk, index: number): void {
    this.chunk = chunk;
    this.index = index;
    this.local = index & CHUNK_MASK;
    this.u8At = this.local * ROW_BYTES;
    this.u32At = this.u8At / 4;
    this.f64At = this.u8At / 8;
  }

  get state(): number {
    return this.chunk.states[this.local]!;
  }
  set state(bits: number) {
    this.chunk.states[this.local] = bits;
  }

  get isIpv6(): boolean {
    return (this.state & ROW_STATE.ipv6) !== 0;
  }
  get isEnded(): boolean {
    return (this.state & ROW_STATE.ended) !== 0;
  }
  get isPending(): boolean {
    return (this.state & ROW_STATE.pending) !== 0;
  }
  get isTcp(): boolean {
    return (this.state & ROW_STATE.tcp) !== 0;
  }
  get hasPorts(): boolean {
    return (this.state & ROW_STATE.ports) !== 0;
  }

  get startedNs(): number {
    return this.chunk.f64[this.f64At + ROW_F64.startedNs]!;
  }
  get endedNs(): number {
    return this.chunk.f64[this.f64At + ROW_F64.endedNs]!;
  }
  get icmpErrorNs(): number {
    return this.chunk.f64[this.f64At + ROW_F64.icmpErrorNs]!;
  }
  get serial(): number {
    return this.chunk.f64[this.f64At + ROW_F64.serial]!;
  }
  get sequence(): number {
    return this.chunk.u32[this.u32At + ROW_U32.sequence]!;
  }
  get orientation(): number {
    return this.chunk.u8[this.u8At + ROW_U8.orientation]!;
  }
  get icmpOutcome(): number {
    return this.chunk.u8[this.u8At + ROW_U8.icmpOutcome]!;
  }
  get icmpSide(): number {
    return this.chunk.u8[this.u8At + ROW_U8.icmpSide]!;
  }
  get icmpMtuBytes(): number {
    return this.chunk.u32[this.u32At + ROW_U32.icmpMtu]!;
  }
  get symptoms(): number {
    return this.chunk.u8[this.u8At + ROW_U8.symptoms]!;
  }

  /** The client's side; valid once the flow is oriented. */
  get client(): Side {
    return (this.orientation & ORIENTATION.clientIsSide1) === 0 ? 0 : 1;
  }

  bytes(side: Side): number {
    return this.#sideF64(side, SIDE_F64.bytes);
  }
  frames(side: Side): number {
    return this.#sideF64(side, SIDE_F64.frames);
  }
  firstNs(side: Side): number {
    return this.#sideF64(side, SIDE_F64.firstNs);
  }
  lastNs(side: Side): number {
    return this.#sideF64(side, SIDE_F64.lastNs);
  }
  /** First SYN or SYN-ACK of the side, 0 when it sent none. */
  synNs(side: Side): number {
    return this.#sideF64(side, SIDE_F64.synNs);
  }
  retransmits(side: Side): number {
    return this.#sideU32(side, SIDE_U32.retransmits);
  }
  ackDelayKns(side: Side): number {
    return this.#sideU32(side, SIDE_U32.ackDelayKns);
  }
  tcpFlags(side: Side): number {
    return this.#sideU8(side, SIDE_U8.tcpFlags);
  }
  lifeFlags(side: Side): number {
    return this.#sideU8(side, SIDE_U8.lifeFlags);
  }
  seen(side: Side): number {
    return this.#sideU8(side, SIDE_U8.seen);
  }
  synCount(side: Side): number {
    return this.#sideU8(side, SIDE_U8.synCount);
  }
  /** Whether the side sent anything in the flow's life. */
  hasSent(side: Side): boolean {
    return (this.seen(side) & SIDE_SENT) !== 0;
  }
  /** Last frame of the flow. */
  get lastFrameNs(): number {
    if (!this.hasSent(0)) return this.lastNs(1);
    return this.hasSent(1) ? Math.max(this.lastNs(0), this.lastNs(1)) : this.lastNs(0);
  }

  /** What the key says; see `KEY_KIND` for the meaning of ports. */
  get protocol(): number {
    return this.chunk.u8[this.#tailAt + TAIL.protocol]!;
  }
  get kind(): number {
    return this.chunk.u8[this.#tailAt + TAIL.kind]!;
  }
  /** Where the flow was seen; see `KEY_POINT`. */
  get point(): number {
    return this.chunk.u32[this.u32At + ROW_U32.key + (this.isIpv6 ? KEY_POINT.ipv6 : KEY_POINT.ipv4) / 4]!;
  }
  port(side: Side): number {
    const at = this.#tailAt + (side === 0 ? TAIL.port0 : TAIL.port1);
    return this.chunk.u8[at]! | (this.chunk.u8[at + 1]! << 8);
  }
  /** A view of the side's address, 4 or 16 bytes in network order; allocates. */
  addressBytes(side: Side): Uint8Array {
    const byteCount = this.isIpv6 ? 16 : 4;
    const at = this.u8At + 4 * ROW_U32.key + side * byteCount;
    return this.chunk.u8.subarray(at, at + byteCount);
  }
  /**
   * Whether the side's address may be one host's: no multicast (224.0.0.0/4, ff00::/8), and no reserved one, the limited
   * broadcast among them (240.0.0.0/4). The broadcast of a subnet looks as any host's.
   */
  hasUnicastAddress(side: Side): boolean {
    const first = this.chunk.u8[this.u8At + 4 * ROW_U32.key + side * (this.isIpv6 ? 16 : 4)]!;
    return this.isIpv6 ? first !== 0xff : first < 224;
  }

  get #tailAt(): number {
    return this.u8At + 4 * ROW_U32.key + (this.isIpv6 ? KEY_TAIL.ipv6 : KEY_TAIL.ipv4);
  }
  #sideF64(side: Side, field: number): number {
    return this.chunk.f64[this.f64At + ROW_F64.sides + side * SIDE_F64.count + field]!;
  }
  #sideU32(side: Side, field: number): number {
    return this.chunk.u32[this.u32At + ROW_U32.sides + side * SIDE_U32.count + field]!;
  }
  #sideU8(side: Side, field: number): number {
    return this.chunk.u8[this.u8At + ROW_U8.sides + side * SIDE_U8.count + field]!;
  }
}
