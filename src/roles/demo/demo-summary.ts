import type { Conversation, ConversationTable } from './conversation-table.ts';
import type { DemoCluster } from './demo-cluster.ts';
import type { KnownAddresses } from './known-addresses.ts';

/** What one observer of the demo says at its end. */
export interface ObserverReport {
  /** The pod it looks at, or the node. */
  readonly observer: string;
  readonly metrics?: string;
  /** The `losses` of its own summary: how every frame and record is accounted for. */
  readonly losses: unknown;
}

/** The one JSON object that `podflow demo --json` prints. */
export interface DemoSummary {
  readonly mode: 'live' | 'replay';
  readonly seconds: number;
  readonly pods: number;
  readonly records: number;
  /** Flows begun; a connection between two observed pods is seen at both ends and counts twice. */
  readonly flows: number;
  /** Who called whom, as the client's pod dialled it, with the pod behind the Service. */
  readonly dialled: readonly PairSummary[];
  /** What arrived at each server's pod, and from whom. */
  readonly delivered: readonly PairSummary[];
  readonly drops: readonly DropSummary[];
  readonly observers: readonly ObserverReport[];
}

interface PairSummary {
  readonly source: string;
  readonly destination: string;
  readonly port: number | undefined;
  readonly transport: string;
  /** Where the node delivered it, when that is not where it was dialled. */
  readonly backend?: { readonly pod: string; readonly port: number | undefined };
  readonly flows: number;
  readonly packets: number;
  readonly bytes: number;
  readonly reversePackets: number;
  readonly reverseBytes: number;
}

interface DropSummary {
  readonly source: string;
  readonly destination: string;
  readonly port: number | undefined;
  readonly transport: string;
  readonly reason: string;
  /** Reports of flows that failed so. */
  readonly reports: number;
}

export interface SummaryInput {
  readonly mode: DemoSummary['mode'];
  readonly startMs: number;
  readonly cluster: DemoCluster;
  readonly table: ConversationTable;
  readonly names: KnownAddresses;
  readonly observers: readonly ObserverReport[];
}

export function toDemoSummary(input: SummaryInput): DemoSummary {
  const { mode, startMs, cluster, table, names, observers } = input;
  const conversations = table.list();
  const isIngress = (conversation: Conversation): boolean => conversation.direction === 'ingress';
  const toPair = (conversation: Conversation): PairSummary => pairOf(conversation, names);
  const fromClients = conversations.filter((conversation) => !isIngress(conversation));
  return {
    mode,
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
    pods: cluster.pods.length,
    records: table.records,
    flows: table.flows,
    dialled: fromClients.map(toPair),
    delivered: conversations.filter(isIngress).map(toPair),
    drops: fromClients.flatMap((conversation) => dropsOf(conversation, names)),
    observers,
  };
}

function pairOf(conversation: Conversation, names: KnownAddresses): PairSummary {
  const { flows, packets, bytes, reversePackets, reverseBytes } = conversation;
  const { backend: behind } = conversation;
  const backend = behind === undefined ? {} : { backend: { pod: names.resolve(behind.address), port: behind.port } };
  return { ...endsOf(conversation, names), ...backend, flows, packets, bytes, reversePackets, reverseBytes };
}

function dropsOf(conversation: Conversation, names: KnownAddresses): DropSummary[] {
  return [...conversation.failures].map(([reason, reports]) => ({ ...endsOf(conversation, names), reason, reports }));
}

function endsOf(
  { source, destination, destinationPort, transport }: Conversation,
  names: KnownAddresses,
): Pick<DropSummary, 'source' | 'destination' | 'port' | 'transport'> {
  return { source: names.resolve(source), destination: names.resolve(destination), port: destinationPort, transport };
}
