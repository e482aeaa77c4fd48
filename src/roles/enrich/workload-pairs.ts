import { FailedConnections } from '../../lib/failed-connections.ts';
import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection, Perspectives } from '../../model/connection.ts';
import { toServiceText, toWorkloadText } from './end-text.ts';

/** What went from one workload to another, through one Service and to one port; `reverse` is the way back. */
export interface WorkloadPair {
  /** `Deployment shop/frontend`; what is no pod's as `service …`, `node …` or an address. */
  readonly source: string;
  readonly destination: string;
  /** Port of the server, behind the Service. */
  readonly port: number | undefined;
  readonly transport: string;
  readonly service: string | undefined;
  connections: number;
  packets: number;
  bytes: number;
  reversePackets: number;
  reverseBytes: number;
  /** Sent by the client and not seen by the server, and the way back; of what both saw. */
  lostPackets: number;
  reverseLostPackets: number;
  /** Failed connections, by reason. */
  readonly failures: Record<string, number>;
}

export interface WorkloadSummary {
  /** Connections begun, each once however many observers saw it. */
  readonly connections: number;
  /** Reports, one a connection and interval, by whose observers told of it. */
  readonly perspectives: Readonly<Record<Perspectives, number>>;
  /** Most bytes first. */
  readonly workloads: readonly WorkloadPair[];
}

/** Pairs told apart; further ones count as `other`. */
const PAIR_LIMIT = 10_000;
const FAILED_CONNECTION_LIMIT = 16_384;
const OTHER = { source: 'other', destination: 'other', port: undefined, transport: 'other', service: undefined };

/** Sums connections up by workloads, for the summary that `--json` prints at the end. */
export class WorkloadPairs implements ConnectionSink {
  readonly #pairs = new Map<string, WorkloadPair>();
  readonly #perspectives: Record<Perspectives, number> = { both: 0, client: 0, server: 0, none: 0 };
  readonly #failed = new FailedConnections(FAILED_CONNECTION_LIMIT);

  accept(batch: readonly Connection[]): void {
    for (const connection of batch) {
      this.#perspectives[connection.perspectives]++;
      this.#add(this.#resolve(connection), connection);
    }
  }

  summary(): WorkloadSummary {
    const workloads = [...this.#pairs.values()].toSorted((a, b) => byteCount(b) - byteCount(a));
    const connections = workloads.reduce((sum, pair) => sum + pair.connections, 0);
    return { connections, perspectives: { ...this.#perspectives }, workloads };
  }

  #resolve({ source, destination, destinationPort: port, record: { transport }, service }: Connection): WorkloadPair {
    const names = {
      source: toWorkloadText(source),
      destination: toWorkloadText(destination),
      port,
      transport,
      service: service === undefined ? undefined : toServiceText(service),
    };
    const key = Object.values(names).join(' ');
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    return this.#pairs.size < PAIR_LIMIT ? this.#begin(key, names) : (this.#pairs.get('') ?? this.#begin('', OTHER));
  }

  #begin(
    key: string,
    names: Omit<typeof OTHER, 'port' | 'service'> & Pick<WorkloadPair, 'port' | 'service'>,
  ): WorkloadPair {
    const counts = { connections: 0, packets: 0, bytes: 0, reversePackets: 0, reverseBytes: 0 };
    const pair = { ...names, ...counts, lostPackets: 0, reverseLostPackets: 0, failures: {} };
    this.#pairs.set(key, pair);
    return pair;
  }

  #add(pair: WorkloadPair, connection: Connection): void {
    const { record, flowsBegun, lostPackets = 0, reverseLostPackets = 0, dropReason = 'unknown' } = connection;
    pair.connections += flowsBegun;
    pair.packets += record.packets;
    pair.bytes += record.bytes;
    pair.reversePackets += record.reversePackets;
    pair.reverseBytes += record.reverseBytes;
    pair.lostPackets += lostPackets;
    pair.reverseLostPackets += reverseLostPackets;
    if (this.#failed.isNew(connection)) pair.failures[dropReason] = (pair.failures[dropReason] ?? 0) + 1;
  }
}

function byteCount({ bytes, reverseBytes }: WorkloadPair): number {
  return bytes + reverseBytes;
}
