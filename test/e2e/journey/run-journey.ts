import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Collector } from '../collector/start-collector.ts';
import type { Cluster } from '../kubernetes/start-cluster.ts';
import type { Sample } from '../prometheus/start-prometheus.ts';
import { readCounterDelays, watchDocuments, type Delay, type DocumentDelay } from './delays.ts';
import { countFailures, readDocuments, type FlowDocument } from './flow-document.ts';
import { readClusterIp, readShopPods, type ShopPod } from './shop.ts';
import type { Servers } from './start-servers.ts';
import { askOnce, dial, runTraffic, type ClientRun } from './traffic.ts';

export const INTERVAL_MS = 10_000;
/** Time for the clients to be there before the first boundary. */
const LEAD_MS = 4_000;
/** One interval in which series begin, and the minute that is looked at. */
const TRAFFIC_MS = 7 * INTERVAL_MS;
/** From the end of an interval until all of it is everywhere, and still well before the next one's end. */
const ARRIVAL_MS = 7_000;
const BODY_BYTES = 20_000;
const PAUSE_MS = 100;
const OUTSIDE_PORT = 8080;

/** Ports from below those that the kernel gives out by itself. */
export const LOCAL_PORTS = { dropped: 20_001, refused: 20_002, withoutEndpoint: 20_003 };
export const PORTS = { open: 8080, closed: 9, service: 80 };

/** All that was done and found. */
export interface Journey {
  readonly startMs: number;
  readonly endMs: number;
  readonly pods: ReadonlyMap<string, ShopPod>;
  readonly addresses: { readonly web: string; readonly void: string; readonly outside: string };
  readonly shopper: ClientRun;
  readonly buyer: ClientRun;
  readonly odd: OddCases;
  readonly documents: readonly FlowDocument[];
  /** The series of pairs by family name, without `podflow_` and `_total`. */
  readonly series: ReadonlyMap<string, readonly Sample[]>;
  /** Bytes a second over the last minute, by `src_workload`. */
  readonly rates: readonly Sample[];
  readonly failures: number;
  /** Records that the Collector had taken. */
  readonly collectedRecords: number;
  readonly documentDelays: readonly DocumentDelay[];
  readonly counterDelays: readonly Delay[];
  readonly map: ApiMap;
  /** Of the shopper. */
  readonly flows: readonly Readonly<Record<string, unknown>>[];
}

/** What the journey looks at of `/api/map`. */
export interface ApiMap {
  readonly edges: readonly { readonly source: string; readonly destination: string; readonly connections: number }[];
}

/** What became of connections that are no ordinary ones; `outside` is the local port. */
interface OddCases {
  readonly dropped: string;
  readonly refused: string;
  readonly withoutEndpoint: string;
  readonly outside: number;
}

const FAMILIES = ['flow_connections', 'flow_bytes', 'flow_packets', 'flow_dropped'].flatMap((name) => [
  name,
  `pod_${name}`,
]);

/** Lets the clients do what they do, and reads what is told of it 7 s after the end of the last interval. */
export async function runJourney(cluster: Cluster, servers: Servers): Promise<Journey> {
  const { elasticsearch, collector, prometheus, enrich } = servers;
  const pods = await readShopPods(cluster);
  const [web, withoutEndpoint] = [await readClusterIp(cluster, 'web'), await readClusterIp(cluster, 'void')];
  const addresses = { web, void: withoutEndpoint, outside: cluster.outsideAddress };
  const startMs = (Math.floor((Date.now() + LEAD_MS) / INTERVAL_MS) + 1) * INTERVAL_MS;
  const endMs = startMs + TRAFFIC_MS;
  const readMs = endMs + ARRIVAL_MS;
  const plan = { url: `http://${web}/bytes/${BODY_BYTES}`, startMs, endMs, pauseMs: PAUSE_MS, intervalMs: INTERVAL_MS };
  const [shopper, buyer, odd, documentDelays] = await Promise.all([
    runTraffic(cluster, 'deployment/shopper', plan),
    runTraffic(cluster, 'pod/buyer', plan),
    runOddCases(cluster, pods, withoutEndpoint, startMs + INTERVAL_MS / 10),
    watchDocuments(elasticsearch, startMs, readMs),
  ]);
  const readSeries = async (name: string) => [name, await prometheus.query(`podflow_${name}_total`)] as const;
  return {
    ...{ startMs, endMs, pods, addresses, shopper, buyer, odd, documentDelays },
    rates: await prometheus.query('sum by (src_workload) (rate(podflow_flow_bytes_total[1m]))'),
    series: new Map(await Promise.all(FAMILIES.map(readSeries))),
    documents: await readDocuments(elasticsearch),
    failures: await countFailures(elasticsearch),
    collectedRecords: await readCollectedRecords(collector),
    counterDelays: await readCounterDelays(prometheus, { fromMs: startMs, untilMs: readMs, intervalMs: INTERVAL_MS }),
    map: (await enrich.read('/api/map?level=workload')) as ApiMap,
    flows: ((await enrich.read('/api/flows?limit=1000&workload=shop/shopper')) as Pick<Journey, 'flows'>).flows,
  };
}

async function readCollectedRecords({ metricsUrl }: Collector): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^otelcol_receiver_accepted_log_records(?:_total)?\{.*\} (\d+)$/m.exec(text)?.[1]);
}

/** Within one interval. */
async function runOddCases(
  cluster: Cluster,
  pods: ReadonlyMap<string, ShopPod>,
  withoutEndpoint: string,
  atMs: number,
): Promise<OddCases> {
  const addressOf = (workload: string): string =>
    [...pods.values()].find(({ workloadName }) => workloadName === workload)?.address ?? '';
  const deaf = ['-d', addressOf('deaf'), '-p', 'tcp', '-j', 'DROP'];
  await cluster.onNode(1, ['iptables', '-w', '-I', 'FORWARD', ...deaf]);
  const outside = createServer((_, response) => response.end('{}')).listen(OUTSIDE_PORT, cluster.outsideAddress);
  await once(outside, 'listening');
  await delay(Math.max(0, atMs - Date.now()));
  try {
    const { dropped, refused, withoutEndpoint: third } = LOCAL_PORTS;
    const attempt = (address: string, port: number, localPort: number) => ({ address, port, localPort });
    const outcomes = await Promise.all([
      dial(cluster, 'pod/buyer', attempt(addressOf('deaf'), PORTS.open, dropped)),
      dial(cluster, 'pod/buyer', attempt(addressOf('till'), PORTS.closed, refused)),
      dial(cluster, 'deployment/shopper', attempt(withoutEndpoint, PORTS.service, third)),
      askOnce(cluster, 'deployment/shopper', `http://${cluster.outsideAddress}:${OUTSIDE_PORT}/`),
    ]);
    return { dropped: outcomes[0], refused: outcomes[1], withoutEndpoint: outcomes[2], outside: outcomes[3] };
  } finally {
    outside.close();
  }
}
