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

/** A Community ID that no two numbers share. */
export function sampleCommunityId(connection: number): string {
  return `1:${createHash('sha1').update(`connection ${connection}`).digest('base64')}`;
}
