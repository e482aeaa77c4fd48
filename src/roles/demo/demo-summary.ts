import { toEnrichSummary } from '../enrich/enrich-summary.ts';
import type { WorkloadSummary } from '../enrich/workload-pairs.ts';
import type { Conversation, Sight } from './conversation-table.ts';
import type { DemoEnrichment } from './start-demo-enrichment.ts';

/** What one observer of the demo says at its end. */
export interface ObserverReport {
  /** The pod it looks at, or the node. */
  readonly observer: string;
  readonly metrics?: string;
  /** The `losses` of its own summary: how every frame and record is accounted for. */
  readonly losses: unknown;
}

/** The one JSON object that `podflow demo --json` prints. */
export interface DemoSummary extends WorkloadSummary {
  readonly mode: 'live' | 'replay';
  readonly seconds: number;
  readonly pods: number;
  /** Who called whom, as the client's pod dialled it and saw it, with the pod behind the Service. */
  readonly dialled: readonly PairSummary[];
  /** What each server's pod saw, and from whom. */
  readonly delivered: readonly PairSummary[];
  readonly drops: readonly DropSummary[];
  readonly observers: readonly ObserverReport[];
  /** The enrichment service's own account, as `podflow enrich --json` tells it. */
  readonly enrichment: object;
}

interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly port: number | undefined;
  readonly transport: string;
}

interface PairSummary extends Ends, Readonly<Sight> {
  /** Where the node delivered it, when that is not where it was dialled. */
  readonly backend?: { readonly pod: string; readonly port: number | undefined };
}

interface DropSummary extends Ends {
  readonly reason: string;
  /** Reports of flows that failed so. */
  readonly reports: number;
}

export interface SummaryInput extends Pick<DemoSummary, 'mode' | 'pods' | 'observers'> {
  readonly startMs: number;
  readonly service: DemoEnrichment;
}

export function toDemoSummary({ mode, startMs, pods, observers, service }: SummaryInput): DemoSummary {
  const conversations = service.table.list();
  return {
    mode,
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
    pods,
    ...service.pairs.summary(),
    dialled: conversations.filter(({ client }) => client.packets > 0).map(toDialled),
    delivered: conversations.filter(({ server }) => server.packets + server.reversePackets > 0).map(toDelivered),
    drops: conversations.flatMap(toDrops),
    observers,
    enrichment: toEnrichSummary(service.enrichment.parts),
  };
}

function toDialled(conversation: Conversation): PairSummary {
  const { dialled, destination: pod, destinationPort: port, client } = conversation;
  return { ...toDialledEnds(conversation), ...(dialled === undefined ? {} : { backend: { pod, port } }), ...client };
}

function toDelivered({ source, destination, destinationPort: port, transport, server }: Conversation): PairSummary {
  return { source, destination, port, transport, ...server };
}

function toDrops(conversation: Conversation): DropSummary[] {
  return [...conversation.failures].map(([reason, reports]) => ({ ...toDialledEnds(conversation), reason, reports }));
}

function toDialledEnds({ source, dialled, dialledPort, destination, destinationPort, transport }: Conversation): Ends {
  if (dialled === undefined) return { source, destination, port: destinationPort, transport };
  return { source, destination: dialled, port: dialledPort, transport };
}
