import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection, Perspectives } from '../../model/connection.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { toEndText, toServiceText, toWorkloadText } from '../enrich/end-text.ts';

/** What one end saw. */
export interface Sight {
  /** Connections that it saw begin. */
  flows: number;
  packets: number;
  bytes: number;
  reversePackets: number;
  reverseBytes: number;
}

/** By name: who called whom, and through what. */
export interface Parties {
  readonly source: string;
  readonly sourceWorkload: string;
  /** What was dialled, where that is not the destination: a Service. */
  readonly dialled: string | undefined;
  readonly dialledPort: number | undefined;
  /** Who answered. */
  readonly destination: string;
  readonly destinationWorkload: string;
  readonly destinationPort: number | undefined;
  readonly transport: string;
}

/** All connections between two ends, through one Service and to one port. */
export interface Conversation extends Parties {
  readonly client: Sight;
  readonly server: Sight;
  /** Reports by whose observers told of them. */
  readonly perspectives: Record<Perspectives, number>;
  /** Sent and not seen at the other end, of what both saw. */
  lostPackets: number;
  reverseLostPackets: number;
  /** Reports that were dropped or rejected, by reason. */
  readonly failures: Map<string, number>;
  /** NetworkPolicies, `namespace/name`, that deny what failed. */
  readonly deniedBy: Set<string>;
  rttNs: number | undefined;
}

/** More pairs than this are summed under `other`. */
const MAX_CONVERSATIONS = 2000;

/** Sums connections by client, Service, server, port and transport. */
export class ConversationTable implements ConnectionSink {
  readonly #byKey = new Map<string, Conversation>();

  accept(batch: readonly Connection[]): void {
    for (const connection of batch) this.#add(this.#resolve(connection), connection);
  }

  /** All conversations, those with most bytes first. */
  list(): Conversation[] {
    return [...this.#byKey.values()].toSorted((a, b) => byteCount(b) - byteCount(a));
  }

  #resolve(connection: Connection): Conversation {
    const parties = toParties(connection);
    const key = Object.values(parties).join(' ');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size < MAX_CONVERSATIONS) return this.#begin(key, parties);
    return this.#byKey.get('other') ?? this.#begin('other', OTHERS);
  }

  #begin(key: string, parties: Parties): Conversation {
    const made: Conversation = {
      ...parties,
      client: createSight(),
      server: createSight(),
      perspectives: { both: 0, client: 0, server: 0, none: 0 },
      lostPackets: 0,
      reverseLostPackets: 0,
      failures: new Map(),
      deniedBy: new Set(),
      rttNs: undefined,
    };
    this.#byKey.set(key, made);
    return made;
  }

  #add(conversation: Conversation, connection: Connection): void {
    const { perspectives, record, serverRecord, flowsBegun, verdict, dropReason } = connection;
    conversation.perspectives[perspectives]++;
    addSight(perspectives === 'server' ? conversation.server : conversation.client, record, flowsBegun);
    if (perspectives === 'both' && serverRecord !== undefined)
      addSight(conversation.server, serverRecord, serverRecord.sequence === 0 ? 1 : 0);
    conversation.lostPackets += connection.lostPackets ?? 0;
    conversation.reverseLostPackets += connection.reverseLostPackets ?? 0;
    conversation.rttNs = record.rttNs ?? conversation.rttNs;
    if (dropReason !== undefined && verdict !== 'forwarded')
      conversation.failures.set(dropReason, (conversation.failures.get(dropReason) ?? 0) + 1);
    const policy = connection.finding === 'denied' ? connection.judgement?.policy : undefined;
    if (policy !== undefined) conversation.deniedBy.add(`${policy.namespaceName}/${policy.name}`);
  }
}

const OTHERS: Parties = {
  source: 'other',
  sourceWorkload: 'other',
  dialled: undefined,
  dialledPort: undefined,
  destination: 'other',
  destinationWorkload: 'other',
  destinationPort: undefined,
  transport: 'other',
};

function toParties({ source, destination, service, dialledAddress, ...connection }: Connection): Parties {
  return {
    source: toEndText(source),
    sourceWorkload: toWorkloadText(source),
    dialled: dialledAddress === undefined || service === undefined ? dialledAddress : toServiceText(service),
    dialledPort: connection.dialledPort,
    destination: toEndText(destination),
    destinationWorkload: toWorkloadText(destination),
    destinationPort: connection.destinationPort,
    transport: connection.record.transport,
  };
}

function createSight(): Sight {
  return { flows: 0, packets: 0, bytes: 0, reversePackets: 0, reverseBytes: 0 };
}

function addSight(sight: Sight, record: FlowRecord, flowsBegun: number): void {
  sight.flows += flowsBegun;
  sight.packets += record.packets;
  sight.bytes += record.bytes;
  sight.reversePackets += record.reversePackets;
  sight.reverseBytes += record.reverseBytes;
}

function byteCount({ client, server }: Conversation): number {
  return Math.max(client.bytes + client.reverseBytes, server.bytes + server.reverseBytes);
}
