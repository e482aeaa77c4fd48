import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../support/source-files.ts';
import { startCollector, type Collector } from '../collector/start-collector.ts';
import { installStackTemplates } from '../elasticsearch/install-stack-templates.ts';
import { startElasticsearch, type ElasticsearchServer } from '../elasticsearch/start-elasticsearch.ts';
import type { Cluster } from '../kubernetes/start-cluster.ts';
import { startPrometheus, type Prometheus } from '../prometheus/start-prometheus.ts';
import { findFreePort } from '../server-process.ts';
import { startEnrich, type Enrich } from './start-enrich.ts';

/** So often that a rate over a minute, extrapolated by up to a scrape at either end, is exact to 0.7 %. */
const SCRAPE_INTERVAL_MS = 200;

/** Everything behind the nodes, in the network of the control plane. */
export interface Servers {
  readonly elasticsearch: ElasticsearchServer;
  readonly collector: Collector;
  readonly enrich: Enrich;
  readonly prometheus: Prometheus;
}

export interface ServerOptions {
  /** Of `podflow enrich`. */
  readonly enrichFlags?: Readonly<Record<string, string>>;
  /** Of Prometheus. */
  readonly rulePaths?: readonly string[];
}

/**
 * Starts them one after the other, in the network that this thread is in; `onStarted` gets what ends each.
 * @param otlpPort where the Collector is reached on all addresses
 */
export async function startServers(
  cluster: Cluster,
  otlpPort: number,
  onStarted: (stop: () => Promise<unknown>) => void,
  { enrichFlags = {}, rulePaths = [] }: ServerOptions = {},
): Promise<Servers> {
  const elasticsearch = await startElasticsearch();
  onStarted(() => elasticsearch.stop());
  await installStackTemplates(elasticsearch);
  await setUp(elasticsearch.url);
  const listenPort = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'podflow-enrich-'));
  onStarted(() => rm(folder, { recursive: true, force: true }));
  const elasticsearchUrl = elasticsearch.url;
  const enrich = await startEnrich(cluster, { folder, listenPort, elasticsearchUrl, flags: enrichFlags });
  onStarted(() => enrich.stop());
  const collector = await startCollector(join(ROOT, 'otel/gateway.yaml'), {
    OTLP_ENDPOINT: `0.0.0.0:${otlpPort}`,
    ENRICH_ENDPOINT: `http://127.0.0.1:${listenPort}`,
  });
  onStarted(() => collector.stop());
  const targets = [enrich.metricsAddress];
  const prometheus = await startPrometheus({ targets, scrapeIntervalMs: SCRAPE_INTERVAL_MS, rulePaths });
  onStarted(() => prometheus.stop());
  return { elasticsearch, collector, enrich, prometheus };
}

async function setUp(url: string): Promise<void> {
  const argv = [join(ROOT, 'deploy/podflow.sh'), 'setup', 'elasticsearch', '--elasticsearch-url', url];
  await promisify(execFile)('sh', argv);
}
