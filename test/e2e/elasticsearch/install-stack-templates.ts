import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ElasticsearchServer } from './start-elasticsearch.ts';

/** Kind and name as the API has them, and the file in the jar. */
const TEMPLATES = [
  ['_component_template/logs@mappings', 'logs@mappings.json'],
  ['_component_template/logs@settings', 'logs@settings.json'],
  ['_component_template/ecs@mappings', 'ecs@mappings.json'],
  ['_index_template/logs', 'logs@template.json'],
] as const;

interface StackTemplate {
  template?: { settings?: { index?: Record<string, unknown> }; data_stream_options?: object };
}

/**
 * Installs what a distribution has and the assembled server lacks: the stack's own templates of logs, from the jar that
 * publishes them. Left out is what needs modules that nobody publishes (lifecycle policies, ingest processors); the jar
 * is of 8.19, and 9 adds the failure store.
 */
export async function installStackTemplates(server: ElasticsearchServer): Promise<void> {
  const folder = join(server.home, 'templates');
  const jar = join(folder, readdirSync(folder)[0] ?? '');
  for (const [path, file] of TEMPLATES) {
    const body = readTemplate(jar, file);
    if (file === 'logs@settings.json') Object.assign(body.template ?? {}, { data_stream_options: FAILURE_STORE });
    const { status, json } = await server.admin('PUT', `/${path}`, body);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
  }
}

const FAILURE_STORE = { failure_store: { enabled: true } };

function readTemplate(jar: string, file: string): StackTemplate {
  const text = execFileSync('unzip', ['-p', jar, file], { encoding: 'utf8' })
    .replaceAll('${xpack.stack.template.version}', '1')
    .replaceAll('${xpack.stack.template.deprecated}', 'false');
  const body = JSON.parse(text) as StackTemplate;
  delete body.template?.settings?.index?.['lifecycle'];
  delete body.template?.settings?.index?.['default_pipeline'];
  return body;
}
