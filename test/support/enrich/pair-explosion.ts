import { toCommunityId } from '../../../src/lib/community-id.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { BENCH_SIZE, podAddress, podNode } from '../../bench/enrich/bench-cluster.ts';
import { createBenchRecord } from '../../bench/enrich/bench-records.ts';
import { encode, type ToldConnection } from './flow-traffic.ts';

const HALF = BENCH_SIZE.pods / 2;
const SERVER_PORT = 8080;
/** Most pairs of pods that the bench's cluster has, one half of it being clients of the other. */
export const MOST_PAIRS = HALF * HALF;

/** Client and server of a pair; neighbours in number share neither. */
function toPair(pair: number): { client: number; server: number } {
  const round = Math.floor(pair / HALF);
  return { client: pair % HALF, server: HALF + ((pair + round) % HALF) };
}

/** A request with one connection of each of `count` pairs of pods, told by the client's side; its counts go into `sum`. */
export function encodePairs(first: number, count: number, intervalEndMs: number, sum: ToldConnection): {
  readonly body: Buffer;
  readonly sum: ToldConnection;
} {
  const records = Array.from({ length: count }, (_, i) => createPairRecord(first + i, intervalEndMs * 1e6));
  const total = { ...sum };
  for (const record of records) {
    total.bytes += record.bytes;
    total.packets += record.packets;
    total.reverseBytes += record.reverseBytes;
    total.reversePackets += record.reversePackets;
  }
  return { body: encode(records, podNode(toPair(first).client)), sum: total };
}

function createPairRecord(pair: number, intervalEndNs: number): FlowRecord {
  const { client, server } = toPair(pair);
  const record = createBenchRecord(1, 'client', intervalEndNs);
  record.flowId = `pair-${pair}`;
  record.sourceAddress = podAddress(client);
  record.destinationAddress = podAddress(server);
  record.sourcePort = 1_024 + (pair % 60_000);
  record.destinationPort = SERVER_PORT;
  record.communityId = toCommunityId({
    protocol: record.protocolNumber,
    source: toBytes(record.sourceAddress),
    destination: toBytes(record.destinationAddress),
    sourcePort: record.sourcePort,
    destinationPort: SERVER_PORT,
  });
  record.bytes = 1_000 + (pair % 997);
  record.packets = 1 + (pair % 13);
  record.reverseBytes = 5_000 + (pair % 1_009);
  record.reversePackets = 1 + (pair % 17);
  return record;
}

function toBytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.').map(Number));
}
