import type { MapEdge, MapNode, MapQuery, MapSnapshot } from '../model/map-snapshot.ts';
import { EdgeSums } from './edge-sums.ts';
import type { EdgeTable } from './edge-table.ts';
import type { Edge } from './edge.ts';
import type { MapWindow } from './map-window.ts';
import type { Party } from './party.ts';

/** The graph that a query asks for. */
export function takeSnapshot(edges: EdgeTable, window: MapWindow, query: MapQuery, nowMs: number): MapSnapshot {
  const { level, edgeLimit = Infinity } = query;
  const first = window.firstOf(query.windowMs);
  const sums = sumEdges(edges, window, query, first);
  const chosen = chooseLargest(sums, edgeLimit);
  const parties = new Set(chosen.flatMap(({ source, destination }) => [source, destination]));
  return {
    level,
    fromMs: window.toStartMs(first),
    toMs: nowMs,
    nodes: [...parties].map(toNode).toSorted((a, b) => compareTexts(a.id, b.id)),
    edges: chosen.map((each) => each.toEdge()).toSorted(compareEdges),
    omittedEdges: sums.length - chosen.length,
  };
}

function sumEdges(edges: EdgeTable, window: MapWindow, query: MapQuery, first: number): EdgeSums[] {
  const byPair = new Map<string, EdgeSums>();
  const byEdge: EdgeSums[] = [];
  for (const edge of edges.values()) {
    if (edge.newestInterval < first || !isWithin(edge, query.namespace)) continue;
    const sums = resolveSums(byPair, edge, query);
    byEdge[edge.index] = sums;
    sums.take(edge, first);
  }
  const cellsByEdge = byEdge.map(({ cells }) => cells);
  for (const interval of window.since(first)) {
    interval.addTo(cellsByEdge);
    for (const { edgeIndex, reason, count } of interval.failures()) byEdge[edgeIndex]?.addFailures(reason, count);
  }
  return [...byPair.values()];
}

function resolveSums(byPair: Map<string, EdgeSums>, edge: Edge, { level }: MapQuery): EdgeSums {
  const source = level === 'pod' ? edge.source : edge.source.group;
  const destination = level === 'pod' ? edge.destination : edge.destination.group;
  const key = `${source.index}/${destination.index}/${edge.protocolNumber}`;
  let sums = byPair.get(key);
  if (sums === undefined) byPair.set(key, (sums = new EdgeSums(source, destination, edge.protocolNumber)));
  return sums;
}

function isWithin({ source, destination }: Edge, namespace: string | undefined): boolean {
  if (namespace === undefined) return true;
  return source.end?.namespaceName === namespace || destination.end?.namespaceName === namespace;
}

function chooseLargest(sums: readonly EdgeSums[], limit: number): readonly EdgeSums[] {
  if (sums.length <= limit) return sums;
  return sums.toSorted((a, b) => b.byteCount() - a.byteCount() || compareSums(a, b)).slice(0, limit);
}

/** What is true of all that it stands for. */
function toNode({ id, kind, end, group }: Party): MapNode {
  const isNamed = kind === 'workload' || kind === 'pod' || kind === 'service';
  const isSingle = kind === 'pod' || id !== group.id;
  return {
    id,
    kind,
    clusterName: end?.clusterName,
    namespaceName: isNamed ? end?.namespaceName : undefined,
    workloadKind: isNamed ? end?.workloadKind : undefined,
    workloadName: isNamed ? end?.workloadName : undefined,
    serviceName: isNamed ? end?.serviceName : undefined,
    podName: isSingle ? end?.podName : undefined,
    nodeName: isSingle ? end?.nodeName : undefined,
    zone: isSingle ? end?.zone : undefined,
    address: isSingle ? end?.address : undefined,
    labels: isSingle ? end?.labels : undefined,
  };
}

function compareEdges(a: MapEdge, b: MapEdge): number {
  return (
    compareTexts(a.source, b.source) ||
    compareTexts(a.destination, b.destination) ||
    compareTexts(a.transport, b.transport)
  );
}

function compareSums(a: EdgeSums, b: EdgeSums): number {
  return compareTexts(a.source.id, b.source.id) || compareTexts(a.destination.id, b.destination.id);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
