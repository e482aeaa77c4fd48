import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { LogsRequestEncoder } from '../../../src/otlp/logs-request-encoder.ts';
import { BENCH_PAIRS, podNode } from '../../bench/enrich/bench-cluster.ts';
import { createBenchRecord } from '../../bench/enrich/bench-records.ts';
import { seededRandom } from '../seeded-random.ts';

export const INTERVAL_MS = 10_000;

/** What was told of one connection in one interval. */
export interface ToldConnection {
  readonly bytes: number;
  readonly packets: number;
  readonly reverseBytes: number;
  readonly reversePackets: number;
}

/** Requests with the perspectives of some connections, one of each side's observer. */
export interface TrafficSlice {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** Of so many connections one is told by the client's observer alone. */
const ONE_SIDED = 10;

/**
 * Records of connections between the pods of the bench's cluster, both sides alike in their counts, and the books of
 * what was told: whatever the service makes of them must add up to this.
 */
export class FlowTraffic {
  /** By `toConnectionKey`. */
  readonly truth = new Map<string, ToldConnection>();
  records = 0;
  readonly #random: (limit: number) => number;
  readonly #intervalEndMs: number;
  #next = 0;

  /** @param firstNumber of connections: two with numbers of their own have no connection in common */
  constructor(seed: number, firstNumber = 0) {
    this.#random = seededRandom(seed);
    this.#intervalEndMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
    this.#next = firstNumber;
  }

  /** Records of `connections` that were not told of before. */
  next(connections: number): TrafficSlice {
    const clients: FlowRecord[] = [];
    const servers: FlowRecord[] = [];
    for (let i = 0; i < connections; i++) {
      const number = this.#next++;
      const told = this.#draw();
      const client = Object.assign(createBenchRecord(number, 'client', this.#intervalEndMs * 1e6), told);
      clients.push(client);
      this.#enter(client, told);
      if (this.#random(ONE_SIDED) === 0) continue;
      servers.push(Object.assign(createBenchRecord(number, 'server', this.#intervalEndMs * 1e6), told));
    }
    this.records += clients.length + servers.length;
    const pair = BENCH_PAIRS[this.#next % BENCH_PAIRS.length]!;
    return { client: encode(clients, podNode(pair.client)), server: encode(servers, podNode(pair.server)) };
  }

  #draw(): ToldConnection {
    const packets = 1 + this.#random(50);
    const reversePackets = 1 + this.#random(50);
    return {
      packets,
      bytes: packets * (60 + this.#random(1_400)),
      reversePackets,
      reverseBytes: reversePackets * (60 + this.#random(1_400)),
    };
  }

  #enter(client: FlowRecord, told: ToldConnection): void {
    const { sourceAddress, sourcePort, destinationAddress, destinationPort } = client;
    const { natDestinationAddress = destinationAddress, natDestinationPort = destinationPort } = client;
    const ends = { sourceAddress, sourcePort, destinationAddress: natDestinationAddress };
    const key = toConnectionKey({ ...ends, destinationPort: natDestinationPort, endMs: this.#intervalEndMs });
    if (this.truth.has(key)) throw new Error(`a connection twice: ${key}`);
    this.truth.set(key, told);
  }
}

interface ConnectionTuple {
  readonly sourceAddress: string;
  readonly sourcePort: number | undefined;
  /** Who answered. */
  readonly destinationAddress: string;
  readonly destinationPort: number | undefined;
  /** End of the interval, milliseconds since the epoch. */
  readonly endMs: number;
}

export function toConnectionKey(tuple: ConnectionTuple): string {
  const { sourceAddress, sourcePort, destinationAddress, destinationPort, endMs } = tuple;
  return `${sourceAddress}:${sourcePort} ${destinationAddress}:${destinationPort} ${endMs}`;
}

export function sumTold(all: Iterable<ToldConnection>): ToldConnection {
  const sum = { bytes: 0, packets: 0, reverseBytes: 0, reversePackets: 0 };
  for (const each of all) {
    sum.bytes += each.bytes;
    sum.packets += each.packets;
    sum.reverseBytes += each.reverseBytes;
    sum.reversePackets += each.reversePackets;
  }
  return sum;
}

/** A request as a node's observer makes it. */
export function encode(records: readonly FlowRecord[], node: string): Buffer {
  const resource = new Map([
    ['service.name', 'podflow'],
    ['k8s.node.name', node],
    ['host.name', node],
  ]);
  const encoder = new LogsRequestEncoder(resource, '1');
  for (const record of records) encoder.append(record, record.intervalEndNs);
  return Buffer.from(encoder.finish());
}
