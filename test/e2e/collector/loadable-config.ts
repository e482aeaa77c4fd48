import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../support/source-files.ts';

interface CollectorConfig {
  readonly exporters: Record<string, Readonly<Record<string, unknown>> | null>;
  readonly service: { readonly pipelines: Record<string, { exporters: readonly string[] }> };
}

/** Exporters that the tests' Collector does not have, and the variable that says where their stand-in sends to. */
const STAND_INS: Readonly<Record<string, string>> = {
  elasticsearch: 'ELASTICSEARCH_ENDPOINT',
  load_balancing: 'REPLICA_ENDPOINT',
};

/**
 * A configuration of otel/ as the tests' Collector can load it, for its flag --config: the path, or the text where an
 * exporter is lacking. In the place of that stands otlp_http, with the same queue and the same way to try again.
 */
export async function loadableConfig(name: string): Promise<string> {
  const path = join(ROOT, 'otel', name);
  const config = parse(await readFile(path, 'utf8')) as CollectorConfig;
  const lacking = Object.keys(STAND_INS).filter((exporter) => exporter in config.exporters);
  if (lacking.length === 0) return path;
  for (const exporter of lacking) standIn(config, exporter);
  // JSON is YAML.
  return `yaml:${JSON.stringify(config)}`;
}

function standIn({ exporters, service }: CollectorConfig, exporter: string): void {
  const { sending_queue, retry_on_failure = { initial_interval: '200ms' } } = exporters[exporter] ?? {};
  const name = `otlp_http/${exporter}`;
  const endpoint = `\${env:${STAND_INS[exporter]}:-http://127.0.0.1:1}`;
  delete exporters[exporter];
  exporters[name] = { endpoint, sending_queue, retry_on_failure };
  for (const pipeline of Object.values(service.pipelines)) {
    pipeline.exporters = pipeline.exporters.map((each) => (each === exporter ? name : each));
  }
}
