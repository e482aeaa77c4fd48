import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { createBenchRecord } from '../../bench/enrich/bench-records.ts';
import { seededRandom } from '../seeded-random.ts';
import { INTERVAL_MS, toConnectionKey, type ToldConnection } from './flow-traffic.ts';

export interface SkewedConnections {
  readonly client: readonly FlowRecord[];
  readonly server: readonly FlowRecord[];
  /** By `toConnectionKey`, in the interval of the client's clock. */
  readonly truth: ReadonlyMap<string, ToldConnection>;
}

const LONGEST_MS = 2_000;

/**
 * Short connections, spread over two intervals, of which one side's observer has a clock that is `aheadMs` ahead: all its
 * times are later, and where a connection ended near the end of an interval, its report is one of the next interval.
 */
export function createSkewedConnections(count: number, seed: number, aheadMs: number): SkewedConnections {
  const random = seededRandom(seed);
  const firstMs = Math.floor(Date.now() / INTERVAL_MS - 3) * INTERVAL_MS;
  const client: FlowRecord[] = [];
  const server: FlowRecord[] = [];
  const truth = new Map<string, ToldConnection>();
  for (let number = 0; number < count; number++) {
    const startMs = firstMs + random(2 * INTERVAL_MS - LONGEST_MS);
    const endMs = startMs + 1 + random(LONGEST_MS);
    const record = createBenchRecord(number, 'client', 0);
    setTimes(record, startMs, endMs);
    client.push(record);
    server.push(setTimes(createBenchRecord(number, 'server', 0), startMs + aheadMs, endMs + aheadMs));
    const { sourceAddress, sourcePort } = record;
    const destinationAddress = record.natDestinationAddress ?? record.destinationAddress;
    const destinationPort = record.natDestinationPort ?? record.destinationPort;
    const tuple = { sourceAddress, sourcePort, destinationAddress, destinationPort };
    truth.set(toConnectionKey({ ...tuple, endMs: record.intervalEndNs / 1e6 }), record);
  }
  return { client, server, truth };
}

function setTimes(record: FlowRecord, startMs: number, endMs: number): FlowRecord {
  record.startNs = startMs * 1e6;
  record.endNs = endMs * 1e6;
  record.intervalEndNs = Math.ceil(endMs / INTERVAL_MS) * INTERVAL_MS * 1e6;
  return record;
}
