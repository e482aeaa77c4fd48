import { type ConntrackEntry, ORIGINAL, REPLY, toPortsWord, TUPLE } from './conntrack-entry.ts';
import { AF, CTA, CTA_IP, CTA_PROTO, CTA_TIMESTAMP, CTA_TUPLE, NFGENMSG_BYTES, NLA_TYPE_MASK } from './ctnetlink.ts';

const ATTRIBUTE_HEADER_BYTES = 4;

/**
 * Decodes one ctnetlink message between `at` (its nfgenmsg) and `end` into `entry`. False when it is malformed, or of
 * another address family: `entry` is then undefined. Numbers in attributes are big-endian, their headers in host
 * order (linux/netfilter/nfnetlink_conntrack.h). Unknown attributes are skipped.
 */
export function decodeConntrackMessage(bytes: Uint8Array, at: number, end: number, entry: ConntrackEntry): boolean {
  if (end - at < NFGENMSG_BYTES || end > bytes.length) return false;
  const family = bytes[at];
  if (family !== AF.inet && family !== AF.inet6) return false;
  entry.clear();
  entry.isIpv6 = family === AF.inet6;
  let tuples = 0;
  for (let next = at + NFGENMSG_BYTES; next + ATTRIBUTE_HEADER_BYTES <= end;) {
    const length = u16Host(bytes, next);
    const stop = next + length;
    if (length < ATTRIBUTE_HEADER_BYTES || stop > end) return false;
    const value = next + ATTRIBUTE_HEADER_BYTES;
    switch (u16Host(bytes, next + 2) & NLA_TYPE_MASK) {
      case CTA.tupleOrig:
        if (!decodeTuple(bytes, value, stop, entry, ORIGINAL)) return false;
        tuples |= 1;
        break;
      case CTA.tupleReply:
        if (!decodeTuple(bytes, value, stop, entry, REPLY)) return false;
        tuples |= 2;
        break;
      default:
        decodeFact(bytes, next, value, stop, entry);
    }
    next += (length + 3) & ~3;
  }
  return tuples === 3;
}

/** The attributes with one number; those too short for it tell nothing. */
function decodeFact(bytes: Uint8Array, header: number, at: number, end: number, entry: ConntrackEntry): void {
  switch (u16Host(bytes, header + 2) & NLA_TYPE_MASK) {
    case CTA.id:
      if (end - at >= 4) entry.id = u32(bytes, at);
      break;
    case CTA.zone:
      if (end - at >= 2) entry.zone = u16(bytes, at);
      break;
    case CTA.timestamp:
      decodeTimestamps(bytes, at, end, entry);
      break;
    case CTA.timestampEvent:
      if (end - at >= 8) entry.eventNs = u64(bytes, at);
      break;
    default:
  }
}

/** A nest of CTA_TIMESTAMP_START and, of an entry that ended, _STOP. */
function decodeTimestamps(bytes: Uint8Array, at: number, end: number, entry: ConntrackEntry): void {
  for (let next = at; next + ATTRIBUTE_HEADER_BYTES <= end;) {
    const length = u16Host(bytes, next);
    if (length < ATTRIBUTE_HEADER_BYTES || next + length > end) return;
    const type = u16Host(bytes, next + 2) & NLA_TYPE_MASK;
    if (length >= ATTRIBUTE_HEADER_BYTES + 8) {
      const timeNs = u64(bytes, next + ATTRIBUTE_HEADER_BYTES);
      if (type === CTA_TIMESTAMP.start) entry.startNs = timeNs;
      else if (type === CTA_TIMESTAMP.stop && entry.eventNs === 0) entry.eventNs = timeNs;
    }
    next += (length + 3) & ~3;
  }
}

/** A nest of addresses, protocol with ports, and the zone where it holds for this direction only. */
function decodeTuple(bytes: Uint8Array, at: number, end: number, entry: ConntrackEntry, tuple: number): boolean {
  let found = 0;
  for (let next = at; next + ATTRIBUTE_HEADER_BYTES <= end;) {
    const length = u16Host(bytes, next);
    const stop = next + length;
    if (length < ATTRIBUTE_HEADER_BYTES || stop > end) return false;
    const value = next + ATTRIBUTE_HEADER_BYTES;
    const type = u16Host(bytes, next + 2) & NLA_TYPE_MASK;
    if (type === CTA_TUPLE.ip) {
      if (!decodeAddresses(bytes, value, stop, entry, tuple)) return false;
      found |= 1;
    } else if (type === CTA_TUPLE.proto) {
      if (!decodeProtocol(bytes, value, stop, entry, tuple)) return false;
      found |= 2;
    } else if (type === CTA_TUPLE.zone && stop - value >= 2) entry.zone = u16(bytes, value);
    next += (length + 3) & ~3;
  }
  return found === 3;
}

function decodeAddresses(bytes: Uint8Array, at: number, end: number, entry: ConntrackEntry, tuple: number): boolean {
  const { isIpv6, tuples } = entry;
  const sourceType = isIpv6 ? CTA_IP.v6Source : CTA_IP.v4Source;
  const byteCount = isIpv6 ? 16 : 4;
  let found = 0;
  for (let next = at; next + ATTRIBUTE_HEADER_BYTES <= end;) {
    const length = u16Host(bytes, next);
    if (length < ATTRIBUTE_HEADER_BYTES || next + length > end) return false;
    const which = (u16Host(bytes, next + 2) & NLA_TYPE_MASK) - sourceType;
    if (which === 0 || which === 1) {
      if (length < ATTRIBUTE_HEADER_BYTES + byteCount) return false;
      const target = tuple + (which === 0 ? TUPLE.source : TUPLE.destination);
      for (let byte = 0; byte < byteCount; byte += 4)
        tuples[target + (byte >> 2)] = u32(bytes, next + ATTRIBUTE_HEADER_BYTES + byte);
      found |= 1 << which;
    }
    next += (length + 3) & ~3;
  }
  return found === 3;
}

function decodeProtocol(bytes: Uint8Array, at: number, end: number, entry: ConntrackEntry, tuple: number): boolean {
  let protocol = -1;
  let sourcePort = 0;
  let destinationPort = 0;
  let icmpType = 0;
  for (let next = at; next + ATTRIBUTE_HEADER_BYTES < end;) {
    const length = u16Host(bytes, next);
    if (length <= ATTRIBUTE_HEADER_BYTES || next + length > end) return false;
    const value = next + ATTRIBUTE_HEADER_BYTES;
    const type = u16Host(bytes, next + 2) & NLA_TYPE_MASK;
    if (type === CTA_PROTO.number) protocol = bytes[value]!;
    else if (type === CTA_PROTO.icmpType || type === CTA_PROTO.icmp6Type) icmpType = bytes[value]!;
    else if (length >= ATTRIBUTE_HEADER_BYTES + 2) {
      if (type === CTA_PROTO.sourcePort) sourcePort = u16(bytes, value);
      else if (type === CTA_PROTO.destinationPort) destinationPort = u16(bytes, value);
    }
    next += (length + 3) & ~3;
  }
  if (protocol === -1) return false;
  if (tuple === ORIGINAL) entry.protocol = protocol;
  entry.tuples[tuple + TUPLE.ports] = toPortsWord(protocol, sourcePort, destinationPort, icmpType);
  return true;
}

/** Host order: little-endian on all machines that podflow runs on (amd64, arm64). */
function u16Host(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
}
