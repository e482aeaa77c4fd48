import type { FlowRecord } from '../model/flow-record.ts';

/**
 * Adds a further report of the same perspective and interval: a tuple that was used again, or an observer that was
 * restarted. Counters are summed, times span both, the state is the later report's.
 */
export function mergeRecord(into: FlowRecord, from: FlowRecord): void {
  const isLater = from.endNs >= into.endNs;
  into.bytes += from.bytes;
  into.packets += from.packets;
  into.reverseBytes += from.reverseBytes;
  into.reversePackets += from.reversePackets;
  into.startNs = Math.min(into.startNs, from.startNs);
  into.endNs = Math.max(into.endNs, from.endNs);
  into.intervalEndNs = Math.max(into.intervalEndNs, from.intervalEndNs);
  into.symptoms |= from.symptoms;
  into.icmpMtuBytes = least(into.icmpMtuBytes, from.icmpMtuBytes);
  mergeTcp(into, from);
  into.dropPackets = sum(into.dropPackets, from.dropPackets);
  into.dropBytes = sum(into.dropBytes, from.dropBytes);
  if (!isLater) return;
  into.event = from.event;
  into.endReason = from.endReason;
  into.connectionState = from.connectionState;
  into.verdict = from.verdict;
  into.dropReason = from.dropReason;
  into.dropDetail = from.dropDetail;
}

function mergeTcp(into: FlowRecord, from: FlowRecord): void {
  into.tcpFlags = union(into.tcpFlags, from.tcpFlags);
  into.reverseTcpFlags = union(into.reverseTcpFlags, from.reverseTcpFlags);
  into.retransmits = sum(into.retransmits, from.retransmits);
  into.reverseRetransmits = sum(into.reverseRetransmits, from.reverseRetransmits);
  into.synRetries = most(into.synRetries, from.synRetries);
  into.handshakeNs ??= from.handshakeNs;
  into.rttNs = from.rttNs ?? into.rttNs;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function most(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function union(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a | (b ?? 0);
}
