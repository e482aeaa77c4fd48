import { createHash } from 'node:crypto';
import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';

/** 2026-11-21T11:00:00Z, a multiple of 10 s and of 256 ns. */
export const SAMPLE_TIME_NS = 1_795_258_800_000_000_000;

/** A forwarded TCP connection as a probe in the client's pod reports it; `changes` replaces single facts. */
export function createSampleRecord(index = 0, changes: Partial<FlowRecord> = {}): FlowRecord {
  return { ...createTcpRecord(index), ...changes };
}

/** Records that differ as those of a busy pod do: mostly TCP, some UDP, some refused. */
export function createSampleRecords(count: number): FlowRecord[] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 10 === 3) return createSampleRecord(index, UDP);
    if (index % 25 === 7) return createSampleRecord(index, REFUSED);
    return createSampleRecord(index);
  });
}

const UDP: Partial<FlowRecord> = {
  transport: 'udp',
  protocolNumber: 17,
  destinationPort: 53,
  initiator: 'guess',
  connectionState: undefined,
  tcpFlags: undefined,
  reverseTcpFlags: undefined,
  retransmits: undefined,
  reverseRetransmits: undefined,
  handshakeNs: undefined,
  rttNs: undefined,
};

const REFUSED: Partial<FlowRecord> = {
  verdict: 'rejected',
  dropReason: 'connection_refused',
  dropPackets: 1,
  dropBytes: 74,
  connectionState: 'closed',
  event: 'end',
  endReason: 'end_of_flow_detected',
};

function createTcpRecord(index: number): FlowRecord {
  const host = 1 + (index % 200);
  const port = 32_768 + ((index * 7919) % 28_000);
  const tuple = createHash('sha1').update(`${index}`).digest();
  return {
    ...createFlowRecord(),
    flowId: `8f3a61c2d07b-${(1_000_000 + index).toString(36)}`,
    sequence: index % 4,
    event: index % 4 === 0 ? 'start' : 'update',
    endReason: undefined,
    intervalStartNs: SAMPLE_TIME_NS,
    intervalEndNs: SAMPLE_TIME_NS + 10e9,
    startNs: SAMPLE_TIME_NS + ((index * 1_048_576) % 4e9),
    endNs: SAMPLE_TIME_NS + 4e9 + ((index * 3_145_728) % 5e9),
    communityId: `1:${tuple.toString('base64')}`,
    direction: 'egress',
    initiator: 'syn',
    sourceAddress: `10.244.1.${host}`,
    sourcePort: port,
    destinationAddress: `10.96.${index % 7}.${index % 251}`,
    destinationPort: index % 3 === 0 ? 443 : 8080,
    transport: 'tcp',
    networkType: 'ipv4',
    protocolNumber: 6,
    interfaceName: 'eth0',
    connectionState: 'established',
    bytes: 1000 + ((index * 977) % 900_000),
    packets: 5 + (index % 600),
    reverseBytes: 4000 + ((index * 3571) % 9_000_000),
    reversePackets: 4 + (index % 800),
    tcpFlags: 26,
    reverseTcpFlags: 18,
    retransmits: index % 50 === 0 ? 1 : 0,
    reverseRetransmits: 0,
    handshakeNs: index % 4 === 0 ? 180_224 + 1024 * (index % 500) : undefined,
    rttNs: 204_800 + 1024 * (index % 900),
    icmpType: undefined,
    icmpCode: undefined,
    verdict: 'forwarded',
    dropReason: undefined,
    dropPackets: undefined,
    dropBytes: undefined,
    samplingRate: 1,
  };
}
