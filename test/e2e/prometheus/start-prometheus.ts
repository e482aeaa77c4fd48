import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, ServerProcess } from '../server-process.ts';

export interface PrometheusOptions {
  /** What to scrape, each `host:port`, on /metrics. */
  readonly targets: readonly string[];
  readonly scrapeIntervalMs?: number;
  /** Files of rules, evaluated every second. */
  readonly rulePaths?: readonly string[];
}

/** One series of an instant query's answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** Instant query: the series of a vector, or the one value of a scalar. */
  query(expression: string): Promise<readonly Sample[]>;
  log(): string;
  stop(): Promise<void>;
}

interface QueryAnswer {
  readonly error?: string;
  readonly data?:
    | { readonly resultType: 'scalar'; readonly result: RawValue }
    | {
        readonly resultType: 'vector';
        readonly result: readonly { metric: Record<string, string>; value: RawValue }[];
      };
}
type RawValue = readonly [number, string];

/** Starts Debian's Prometheus with a configuration, port and data folder of its own. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'podflow-prometheus-'));
  const configPath = join(folder, 'prometheus.yml');
  await writeFile(configPath, JSON.stringify(createConfig(options)));
  const address = `127.0.0.1:${await findFreePort()}`;
  const url = `http://${address}`;
  const flags = [
    `--config.file=${configPath}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`,
  ];
  const server = await ServerProcess.start(['prometheus', ...flags], { env: {}, readyUrl: `${url}/-/ready` });
  return {
    url,
    query: (expression) => query(url, expression),
    log: () => server.log(),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** JSON is YAML. */
function createConfig({ targets, scrapeIntervalMs = 1000, rulePaths = [] }: PrometheusOptions): object {
  const interval = `${scrapeIntervalMs}ms`;
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: '1s' },
    rule_files: rulePaths,
    scrape_configs: [{ job_name: 'podflow', static_configs: [{ targets }] }],
  };
}

async function query(url: string, expression: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data, error } = (await response.json()) as QueryAnswer;
  if (data === undefined) throw new Error(`${expression}: ${error}`);
  if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }];
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
