import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import { toCommunityId } from '../../../src/lib/community-id.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { BENCH_PAIRS, podAddress, serviceAddress } from './bench-cluster.ts';

const SERVER_PORT = 8080;
const SERVICE_PORT = 80;
const FIRST_PORT = 1_024;
const PORTS = 64_000;

/** Connection `number` of the interval that ends at `intervalEndNs`, as one of its ends tells it. */
export function createBenchRecord(number: number, side: 'client' | 'server', intervalEndNs: number): FlowRecord {
  const pair = BENCH_PAIRS[number % BENCH_PAIRS.length]!;
  const source = podAddress(pair.client);
  const destination = podAddress(pair.server);
  const sourcePort = FIRST_PORT + (Math.floor(number / BENCH_PAIRS.length) % PORTS);
  const isTranslated = side === 'client' && pair.service !== undefined;
  const delivered = communityId(source, sourcePort, destination, SERVER_PORT);
  const dialled = isTranslated ? serviceAddress(pair.service) : destination;
  const record: FlowRecord = {
    ...createFlowRecord(),
    flowId: `${side === 'client' ? 'c' : 's'}0f3a61c2d07b-${number.toString(36)}`,
    intervalEndNs,
    startNs: intervalEndNs - 9_000_000_000 + (number % 4_000) * 1_000_000,
    endNs: intervalEndNs - 4_000_000_000 + (number % 3_000) * 1_000_000,
    event: 'end',
    endReason: 'end_of_flow_detected',
    communityId: isTranslated ? communityId(source, sourcePort, dialled, SERVICE_PORT) : delivered,
    direction: side === 'client' ? 'egress' : 'ingress',
    initiator: 'syn',
    sourceAddress: source,
    sourcePort,
    destinationAddress: dialled,
    destinationPort: isTranslated ? SERVICE_PORT : SERVER_PORT,
    transport: 'tcp',
    protocolNumber: 6,
    interfaceName: 'eth0',
    bytes: 1_000 + (number % 5_000),
    packets: 6 + (number % 10),
    reverseBytes: 20_000 + (number % 50_000),
    reversePackets: 8 + (number % 40),
    verdict: 'forwarded',
    natState: isTranslated ? 'translated' : undefined,
  };
  if (!isTranslated) return record;
  record.natSourceAddress = source;
  record.natSourcePort = sourcePort;
  record.natDestinationAddress = destination;
  record.natDestinationPort = SERVER_PORT;
  record.natCommunityId = delivered;
  return record;
}

function communityId(source: string, sourcePort: number, destination: string, destinationPort: number): string {
  return toCommunityId({
    protocol: 6,
    source: Uint8Array.from(source.split('.').map(Number)),
    destination: Uint8Array.from(destination.split('.').map(Number)),
    sourcePort,
    destinationPort,
  });
}
