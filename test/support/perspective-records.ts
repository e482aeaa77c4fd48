import { createHash } from 'node:crypto';
import { createFlowRecord } from '../../src/lib/create-flow-record.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { SAMPLE_TIME_NS } from './otlp-sample-records.ts';

/** What both ends saw of a connection of one interval: the same, unless `changes` says otherwise. */
export function createPerspective(
  side: 'client' | 'server',
  connection: number,
  changes: Partial<FlowRecord> = {},
): FlowRecord {
  return {
    ...createFlowRecord(),
    flowId: `${side}-${connection}`,
    intervalEndNs: SAMPLE_TIME_NS + 10e9,
    startNs: SAMPLE_TIME_NS + 1e9,
    endNs: SAMPLE_TIME_NS + 2e9,
    communityId: sampleCommunityId(connection),
    direction: side === 'client' ? 'egress' : 'ingress',
    initiator: 'syn',
    sourceAddress: `10.244.1.${1 + (connection % 200)}`,
    sourcePort: 32_768 + (connection % 28_000),
    destinationAddress: '10.244.2.9',
    destinationPort: 8080,
    transport: 'tcp',
    protocolNumber: 6,
    interfaceName: 'eth0',
    bytes: 1_000,
    packets: 10,
    reverseBytes: 5_000,
    reversePackets: 8,
    verdict: 'forwarded',
    natState: 'none',
    ...changes,
  };
}

/** What the kernel of a node says of the same connection: two packets of the client were dropped by netfilter. */
export function createEvidence(connection: number, changes: Partial<FlowRecord> = {}): FlowRecord {
  return {
    ...createPerspective('client', connection),
    flowId: `drop-${connection}`,
    event: 'update',
    direction: 'unknown',
    initiator: 'guess',
    bytes: 0,
    packets: 0,
    reverseBytes: 0,
    reversePackets: 0,
    verdict: 'dropped',
    dropReason: 'netfilter_drop',
    dropDetail: 'NETFILTER_DROP',
    dropPackets: 2,
    dropBytes: 148,
    evidence: 'kernel',
    ...changes,
  };
}

/** A Community ID that no two numbers share. */
export function sampleCommunityId(connection: number): string {
  return `1:${createHash('sha1').update(`connection ${connection}`).digest('base64')}`;
}
