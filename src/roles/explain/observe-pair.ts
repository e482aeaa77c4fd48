import type { Explanation, Observed } from './explanation.ts';
import { readApi } from './read-api.ts';

type Flow = Readonly<Record<string, unknown>>;
type Asked = Pick<Explanation, 'from' | 'to' | 'port' | 'protocol' | 'service' | 'backends'>;

/** Pages of flows that are read at most; the newest come first. */
const MOST_PAGES = 5;
const PAGE = 1_000;

/** What an enrichment service saw lately of connections from one end to the other. */
export async function observePair(apiUrl: string, asked: Asked, signal: AbortSignal): Promise<Observed> {
  const flows: Flow[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = toQuery(asked, cursor);
    const answer = await readApi(apiUrl, `/api/flows?${query}`, signal);
    if ('problem' in answer) return { ...count(apiUrl, [], false), problem: answer.problem };
    const { flows: read, nextCursor } = answer.body;
    if (Array.isArray(read)) flows.push(...(read as Flow[]).filter((flow) => isOfPair(flow, asked)));
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined;
    if (cursor === undefined) break;
  }
  return count(apiUrl, flows, cursor !== undefined);
}

/** As much as the service can choose by itself. */
function toQuery({ from, to, port, protocol, service }: Asked, cursor: string | undefined): string {
  const query = new URLSearchParams({ limit: String(PAGE), transport: protocol, port: String(port) });
  if (from.kind === 'pod') query.set('pod', `${from.namespace}/${from.name}`);
  if (service !== null) query.set('service', `${service.namespace}/${service.name}`);
  const address = from.kind === 'pod' ? to.address : from.address;
  if (address !== null && (service === null || from.kind !== 'pod')) query.set('address', address);
  if (cursor !== undefined) query.set('cursor', cursor);
  return query.toString();
}

function isOfPair(flow: Flow, { from, to, service }: Asked): boolean {
  const isFrom = isEnd(flow, 'source', from);
  // The service has been asked for by its name already.
  return isFrom && (service !== null || isEnd(flow, 'destination', to));
}

function isEnd(flow: Flow, side: 'source' | 'destination', end: Asked['from']): boolean {
  if (end.kind !== 'pod') return flow[`${side}.address`] === end.address;
  return flow[`${side}.k8s.pod.name`] === end.name && flow[`${side}.k8s.namespace.name`] === end.namespace;
}

function count(api: string, flows: readonly Flow[], hasMore: boolean): Observed {
  const times = flows.map((flow) => toMs(flow['flow.end'])).filter((time) => !Number.isNaN(time));
  return {
    api,
    problem: null,
    reports: flows.length,
    connections: flows.reduce((sum, flow) => sum + (Number(flow['flow.connections']) || 0), 0),
    verdicts: countBy(flows, 'flow.verdict'),
    reasons: countBy(flows, 'flow.drop.reason'),
    findings: countBy(flows, 'flow.finding'),
    firstSeenMs: times.length === 0 ? null : Math.min(...times),
    lastSeenMs: times.length === 0 ? null : Math.max(...times),
    hasMore,
  };
}

function toMs(ns: unknown): number {
  return typeof ns === 'number' ? Math.floor(ns / 1e6) : Number.NaN;
}

function countBy(flows: readonly Flow[], name: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const flow of flows) {
    const word = flow[name];
    if (typeof word === 'string') counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}
