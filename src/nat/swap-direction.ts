import { resolveIcmpCounterpart } from '../model/icmp-counterpart.ts';
import type { FlowDirection, FlowRecord } from '../model/flow-record.ts';

const OPPOSITE: Readonly<Record<FlowDirection, FlowDirection>> = {
  ingress: 'egress',
  egress: 'ingress',
  unknown: 'unknown',
};

/**
 * Swaps source and destination of a record with all that is told for each of the two. Of an ICMP request and its answer
 * the type becomes the other one. The round trip was measured for the former source and is not known of the other.
 * What is told of the flow as a whole stays.
 */
export function swapDirection(record: FlowRecord): void {
  const {
    sourceAddress,
    sourcePort,
    bytes,
    packets,
    tcpFlags,
    retransmits,
    tunnelSourceAddress: tunnelAddress,
  } = record;
  record.sourceAddress = record.destinationAddress;
  record.destinationAddress = sourceAddress;
  record.sourcePort = record.destinationPort;
  record.destinationPort = sourcePort;
  record.bytes = record.reverseBytes;
  record.reverseBytes = bytes;
  record.packets = record.reversePackets;
  record.reversePackets = packets;
  record.tcpFlags = record.reverseTcpFlags;
  record.reverseTcpFlags = tcpFlags;
  record.retransmits = record.reverseRetransmits;
  record.reverseRetransmits = retransmits;
  record.tunnelSourceAddress = record.tunnelDestinationAddress;
  record.tunnelDestinationAddress = tunnelAddress;
  record.direction = OPPOSITE[record.direction];
  record.rttNs = undefined;
  if (record.icmpType !== undefined)
    record.icmpType = resolveIcmpCounterpart(record.networkType, record.icmpType) ?? record.icmpType;
}
