import type { FlowRecord } from '../../model/flow-record.ts';

/** The part of a flow record that the demo sums up: what NDJSON and records in memory have in common. */
export type Conversed = Pick<
  FlowRecord,
  | 'direction'
  | 'sequence'
  | 'sourceAddress'
  | 'destinationAddress'
  | 'destinationPort'
  | 'transport'
  | 'bytes'
  | 'packets'
  | 'reverseBytes'
  | 'reversePackets'
  | 'verdict'
  | 'dropReason'
  | 'rttNs'
  | 'natState'
  | 'natDestinationAddress'
  | 'natDestinationPort'
>;

/** Everything seen between a client and a server port, from one perspective. */
export interface Conversation {
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number | undefined;
  readonly transport: string;
  /** Where it was delivered, when that is not where it was dialled: the pod behind a Service. */
  readonly backend: { readonly address: string; readonly port: number | undefined } | undefined;
  /** Whose observer told it: the client's (`egress`) or the server's (`ingress`). */
  readonly direction: FlowRecord['direction'];
  flows: number;
  packets: number;
  bytes: number;
  reversePackets: number;
  reverseBytes: number;
  /** Reports that were dropped or rejected, by reason. */
  readonly failures: Map<string, number>;
  rttNs: number | undefined;
  lastSeenMs: number;
}

/** More pairs than this are summed under `other`. */
const MAX_CONVERSATIONS = 2000;

/** Sums flow records by client, server, port and transport. */
export class ConversationTable {
  readonly #byKey = new Map<string, Conversation>();
  #records = 0;
  #flows = 0;

  get records(): number {
    return this.#records;
  }

  /** Flows begun, each perspective counted. */
  get flows(): number {
    return this.#flows;
  }

  add(record: Conversed, nowMs: number): void {
    const conversation = this.#find(record);
    const begun = record.sequence === 0 ? 1 : 0;
    this.#records++;
    this.#flows += begun;
    conversation.flows += begun;
    conversation.packets += record.packets;
    conversation.bytes += record.bytes;
    conversation.reversePackets += record.reversePackets;
    conversation.reverseBytes += record.reverseBytes;
    conversation.rttNs = record.rttNs ?? conversation.rttNs;
    conversation.lastSeenMs = nowMs;
    if (record.dropReason !== undefined && record.verdict !== 'forwarded')
      conversation.failures.set(record.dropReason, (conversation.failures.get(record.dropReason) ?? 0) + 1);
  }

  /** All conversations, those with most bytes first. */
  list(): Conversation[] {
    return [...this.#byKey.values()].toSorted((a, b) => b.bytes + b.reverseBytes - a.bytes - a.reverseBytes);
  }

  #find(record: Conversed): Conversation {
    const isFull = this.#byKey.size >= MAX_CONVERSATIONS;
    const key = [
      record.direction,
      record.sourceAddress,
      record.destinationAddress,
      record.destinationPort,
      record.transport,
      isRedirected(record) ? `${record.natDestinationAddress}:${record.natDestinationPort}` : '',
    ].join(' ');
    const known = this.#byKey.get(key) ?? (isFull ? this.#byKey.get('other') : undefined);
    if (known !== undefined) return known;
    const made: Conversation = {
      source: isFull ? 'other' : record.sourceAddress,
      destination: isFull ? 'other' : record.destinationAddress,
      destinationPort: isFull ? undefined : record.destinationPort,
      transport: isFull ? 'other' : record.transport,
      backend: isFull ? undefined : toBackend(record),
      direction: record.direction,
      flows: 0,
      packets: 0,
      bytes: 0,
      reversePackets: 0,
      reverseBytes: 0,
      failures: new Map(),
      rttNs: undefined,
      lastSeenMs: 0,
    };
    this.#byKey.set(isFull ? 'other' : key, made);
    return made;
  }
}

function isRedirected(record: Conversed): boolean {
  if (record.natState !== 'translated') return false;
  return (
    record.natDestinationAddress !== record.destinationAddress || record.natDestinationPort !== record.destinationPort
  );
}

function toBackend(record: Conversed): Conversation['backend'] {
  const { natDestinationAddress: address, natDestinationPort: port } = record;
  return isRedirected(record) && address !== undefined ? { address, port } : undefined;
}
