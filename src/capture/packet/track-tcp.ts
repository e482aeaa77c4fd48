/**
 * Rules of TCP, shared with the kernel program. All times are in units of 1,024 ns modulo 2^32, all sequence numbers
 * modulo 2^32; "behind" and "ahead" are signed differences. A segment's length is the IP payload behind the TCP
 * header, plus one each for SYN and FIN. For each frame, in this order:
 *
 * 1. Flags join the side's union. A SYN sets `synNs` if it is 0; without ACK it sets SEEN.syn and counts in synCount,
 *    with ACK it sets SEEN.synAck. A window of 0 sets SEEN.zeroWindow, unless the segment is a SYN or RST: an RST has
 *    none to announce, and a SYN's is not yet of a connection.
 * 2. Acknowledgement. If the side is awaited to acknowledge (awaitedSinceKns ≠ 0), the frame has ACK and its number is
 *    not behind awaitedAck, a sample ends: now − since. It is dropped when above 2^27 (two minutes: a clock or a
 *    connection that slept, or packets out of order in a file). The first sample is ackDelayKns itself, later ones
 *    move it by an eighth of the difference, truncated; never below 1.
 * 3. Segments of length 0 end here.
 * 4. Sequence. A SYN that does not end at nextSequence begins a new sequence space, and what the other side was
 *    awaited to acknowledge is forgotten. A segment that begins behind nextSequence is a retransmission, unless it is
 *    a keep-alive: one behind, length 1, no SYN or FIN (RFC 9293 §3.8.4). After a retransmission the other side's
 *    acknowledgement would be ambiguous: its sample is given up (Karn). Either way nextSequence only moves ahead.
 * 5. A segment that is not behind begins a sample if the other side is not awaited and this side began none in the
 *    same tick of 2^27 ns; a SYN always may.
 */
import { SEEN, SIDE, TCP_FLAG } from '../../model/flow-delta.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import type { FlowMap } from './flow-map.ts';

const LONGEST_SAMPLE_KNS = 2 ** 27;
const SYN_COUNT_MAX = 255;
/** 2^27 ns in units of 2^10 ns. */
const SAMPLE_TICK_SHIFT = 17;

const SYN_NS = SIDE.synNs / 4;
const RETRANSMITS = SIDE.retransmits / 4;
const NEXT_SEQUENCE = SIDE.nextSequence / 4;
const AWAITED_ACK = SIDE.awaitedAck / 4;
const AWAITED_SINCE = SIDE.awaitedSinceKns / 4;
const ACK_DELAY = SIDE.ackDelayKns / 4;

/** @param own,other byte offsets of the sender's and the other side in the map's values */
export function trackTcp(map: FlowMap, own: number, other: number, packet: DecodedPacket, timeNs: number): void {
  const nowKns = (timeNs / 1024) >>> 0;
  map.bytes[own + SIDE.tcpFlags] = (map.bytes[own + SIDE.tcpFlags] as number) | packet.tcpFlags;
  if ((packet.tcpFlags & TCP_FLAG.syn) !== 0) countSyn(map, own, packet, timeNs);
  else if (packet.window === 0 && (packet.tcpFlags & TCP_FLAG.rst) === 0) addSeen(map, own, SEEN.zeroWindow);
  if ((packet.tcpFlags & TCP_FLAG.ack) !== 0) endSample(map, own, packet, nowKns);
  if (packet.segmentBytes > 0 && trackSequence(map, own, other, packet)) beginSample(map, own, other, packet, nowKns);
}

function countSyn(map: FlowMap, own: number, packet: DecodedPacket, timeNs: number): void {
  const word = own / 4;
  if (map.words[word + SYN_NS] === 0 && map.words[word + SYN_NS + 1] === 0) map.writeTime(own + SIDE.synNs, timeNs);
  if ((packet.tcpFlags & TCP_FLAG.ack) !== 0) {
    addSeen(map, own, SEEN.synAck);
    return;
  }
  addSeen(map, own, SEEN.syn);
  const count = map.bytes[own + SIDE.synCount] as number;
  if (count < SYN_COUNT_MAX) map.bytes[own + SIDE.synCount] = count + 1;
}

function endSample(map: FlowMap, own: number, packet: DecodedPacket, nowKns: number): void {
  const { words } = map;
  const word = own / 4;
  const since = words[word + AWAITED_SINCE] as number;
  if (since === 0 || ((packet.acknowledgement - (words[word + AWAITED_ACK] as number)) | 0) < 0) return;
  words[word + AWAITED_SINCE] = 0;
  const sample = (nowKns - since) >>> 0;
  if (sample > LONGEST_SAMPLE_KNS) return;
  const old = words[word + ACK_DELAY] as number;
  const smoothed = old === 0 ? sample : old + Math.trunc((sample - old) / 8);
  words[word + ACK_DELAY] = Math.max(smoothed, 1);
}

/** Returns whether the segment goes on where the side had got to, and did not repeat what was seen. */
function trackSequence(map: FlowMap, own: number, other: number, packet: DecodedPacket): boolean {
  const { words } = map;
  const word = own / 4;
  const next = words[word + NEXT_SEQUENCE] as number;
  const end = (packet.sequence + packet.segmentBytes) | 0;
  const isSyn = (packet.tcpFlags & TCP_FLAG.syn) !== 0;
  let isKnown = ((map.bytes[own + SIDE.seen] as number) & SEEN.sequence) !== 0;
  if (isKnown && isSyn && ((end - next) | 0) !== 0) {
    isKnown = false;
    words[other / 4 + AWAITED_SINCE] = 0;
  }
  const behind = (packet.sequence - next) | 0;
  if (!isKnown || behind >= 0) {
    words[word + NEXT_SEQUENCE] = end;
    addSeen(map, own, SEEN.sequence);
    return true;
  }
  if (!isKeepAlive(packet, behind)) {
    words[word + RETRANSMITS] = (words[word + RETRANSMITS] as number) + 1;
    words[other / 4 + AWAITED_SINCE] = 0;
  }
  if (((end - next) | 0) > 0) words[word + NEXT_SEQUENCE] = end;
  return false;
}

function isKeepAlive(packet: DecodedPacket, behind: number): boolean {
  return behind === -1 && packet.segmentBytes === 1 && (packet.tcpFlags & (TCP_FLAG.syn | TCP_FLAG.fin)) === 0;
}

function beginSample(map: FlowMap, own: number, other: number, packet: DecodedPacket, nowKns: number): void {
  const { words, bytes } = map;
  const word = other / 4;
  const tick = (nowKns >>> SAMPLE_TICK_SHIFT) & 0xff;
  const isSyn = (packet.tcpFlags & TCP_FLAG.syn) !== 0;
  if (words[word + AWAITED_SINCE] !== 0 || (tick === bytes[own + SIDE.sampleTick] && !isSyn)) return;
  bytes[own + SIDE.sampleTick] = tick;
  words[word + AWAITED_ACK] = (packet.sequence + packet.segmentBytes) | 0;
  words[word + AWAITED_SINCE] = nowKns === 0 ? 1 : nowKns;
}

function addSeen(map: FlowMap, side: number, bits: number): void {
  map.bytes[side + SIDE.seen] = (map.bytes[side + SIDE.seen] as number) | bits;
}
