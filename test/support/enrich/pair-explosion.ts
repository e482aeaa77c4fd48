import { toCommunityId } from '../../../src/lib/community-id.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { BENCH_SIZE, podAddress, podNode } from '../../bench/enrich/bench-cluster.ts';
import { createBenchRecord } from '../../bench/enrich/bench-records.ts';
import { encode, sumTold, type ToldConnection } from './flow-traffic.ts';

const HALF = BENCH_SIZE.pods / 2;
const SERVER_PORT = 8080;
/** Has no common factor with the number of servers, so that a client meets all of them. */
const ROUND_STEP = 31;
/** A connection of the bench that dials the pod itself. */
const UNTRANSLATED = 1;

export interface PairRequests {
  readonly client: Buffer;
  readonly server: Buffer;
  readonly told: ToldConnection;
}

/** Requests with one connection of each of `count` pairs of pods, as both sides tell of them. */
export function encodePairs(first: number, count: number, intervalEndMs: number): PairRequests {
  const toRecords = (side: Side): FlowRecord[] =>
    Array.from({ length: count }, (_, i) => createPairRecord(first + i, side, intervalEndMs * 1e6));
  const records = toRecords('client');
  const { client, server } = toPair(first);
  return {
    client: encode(records, podNode(client)),
    server: encode(toRecords('server'), podNode(server)),
    told: sumTold(records),
  };
}

type Side = 'client' | 'server';

/** Client and server of a pair: so that pairs of workloads are many too, neighbours in number are far apart. */
function toPair(pair: number): { client: number; server: number } {
  const round = Math.floor(pair / HALF);
  return { client: pair % HALF, server: HALF + ((pair + round * ROUND_STEP) % HALF) };
}

function createPairRecord(pair: number, side: Side, intervalEndNs: number): FlowRecord {
  const { client, server } = toPair(pair);
  const record = createBenchRecord(UNTRANSLATED, side, intervalEndNs);
  record.flowId = `${side}-${pair}`;
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
