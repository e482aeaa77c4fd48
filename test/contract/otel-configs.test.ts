import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../support/source-files.ts';
import { readYamlSnippets } from '../support/yaml-snippets.ts';

const KINDS = ['receivers', 'processors', 'exporters', 'extensions'] as const;
type Kind = (typeof KINDS)[number];
type Pipeline = Partial<Record<Kind, readonly string[]>>;

interface CollectorConfig extends Record<Kind, Readonly<Record<string, Exporter | null>>> {
  readonly service: { readonly extensions: readonly string[]; readonly pipelines: Readonly<Record<string, Pipeline>> };
}
interface Exporter {
  readonly sending_queue?: { readonly storage?: string; readonly wait_for_result?: boolean; readonly batch?: object };
  readonly retry_on_failure?: { readonly max_elapsed_time: string };
}
interface Manifest extends Record<Kind | 'providers', readonly { readonly gomod: string }[]> {
  readonly dist: { readonly version: string };
}

/** Component types by the module that brings them, where the name is not the module's own without its kind. */
const TYPES: Readonly<Record<string, string>> = {
  otlphttp: 'otlp_http',
  otlp: 'otlp',
  memorylimiter: 'memory_limiter',
  loadbalancing: 'load_balancing',
  healthcheck: 'health_check',
  filestorage: 'file_storage',
};
const SHARD = /"\^\[\^(.*)\]"/;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const names = readdirSync(join(ROOT, 'otel')).filter((name) => name.endsWith('.yaml') && name !== 'builder.yaml');
const manifest = parse(read('otel/builder.yaml')) as Manifest;
const testManifest = parse(read('test/e2e/collector/builder.yaml')) as Manifest;

describe.each(names)('otel/%s', (name) => {
  const text = read(`otel/${name}`);
  const config = parse(text) as CollectorConfig;
  const pipelines = Object.values(config.service.pipelines);

  test('uses what it declares and declares what it uses', () => {
    for (const kind of KINDS) {
      const used = kind === 'extensions' ? config.service.extensions : pipelines.flatMap((each) => each[kind] ?? []);
      expect(new Set(used)).toEqual(new Set(Object.keys(config[kind])));
    }
  });

  test('has only components of otel/builder.yaml', () => {
    for (const kind of KINDS) {
      const types = Object.keys(config[kind]).map((id) => id.split('/')[0]);
      expect(types.filter((type) => !componentTypes(kind).includes(type ?? ''))).toEqual([]);
    }
  });

  test('limits memory first', () => {
    expect(pipelines.map(({ processors }) => processors?.[0])).toEqual(pipelines.map(() => 'memory_limiter'));
  });

  test('gives up nothing: each exporter batches in a queue on disk, or waits for the result, and retries for ever', () => {
    for (const [id, exporter] of Object.entries(config.exporters)) {
      const queue = exporter?.sending_queue;
      expect(queue?.batch).toBeDefined();
      expect(queue?.wait_for_result === true || queue?.storage === 'file_storage').toBe(true);
      if (id !== 'elasticsearch') expect(exporter?.retry_on_failure?.max_elapsed_time).toBe('0s');
    }
  });

  test('takes every address from the environment, with a default', () => {
    const addresses = [...text.replaceAll(/^\s*#.*$/gm, '').matchAll(/(\S*(?:https?:\/\/|:\d{4,5})\S*)/g)];
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.map(([address]) => address).filter((address) => !/\$\{env:\w+:-/.test(address))).toEqual([]);
  });

  test('stands in the table of otel/README.md', () => {
    expect(read('otel/README.md')).toContain(`| [${name}](${name})`);
  });
});

describe('otel', () => {
  test('has the configurations that are spoken of', () => {
    expect(names).toEqual(
      expect.arrayContaining(['agent.yaml', 'gateway.yaml', 'full-round.yaml', 'kafka-agent.yaml']),
    );
  });

  test('shards so that each trace id goes to one', () => {
    const { processors } = parse(read('otel/shards.yaml')) as {
      processors: Record<string, { log_conditions?: string[] }>;
    };
    const kept = Object.values(processors).flatMap(({ log_conditions = [] }) => log_conditions.map(toKeptDigits));
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.join('').split('').toSorted().join('')).toBe('0123456789abcdef');
  });

  test('has as many records under way as a window of the join takes', () => {
    const { exporters } = parse(read('otel/gateway.yaml')) as { exporters: Record<string, UnderWay> };
    const { num_consumers, batch, queue_size } = exporters['otlp_http/enrich']?.sending_queue ?? NOTHING;
    expect(num_consumers * batch.max_size).toBeGreaterThan(50_000 * 2.5);
    expect(queue_size).toBeGreaterThan(num_consumers * batch.max_size);
  });

  test('is built for the tests from the same modules, but for two exporters', () => {
    const all = toModules(manifest);
    const tested = toModules(testManifest);
    expect(all.filter((module) => !tested.includes(module)).map(toName)).toEqual([
      'elasticsearchexporter',
      'loadbalancingexporter',
    ]);
    const versions = [...all, ...tested].filter((module) => !module.includes('/provider/'));
    expect(new Set(versions.map((module) => module.split(' ')[1]))).toEqual(new Set([`v${manifest.dist.version}`]));
  });

  test('shows snippets that are YAML', () => {
    const snippets = readYamlSnippets('otel/README.md').map((text) => parse(text) as object);
    expect(snippets.map((each) => Object.keys(each))).toEqual([
      ['extensions', 'receivers', 'exporters', 'service'],
      ['scrape_configs'],
    ]);
  });

  test('shows variables that podflow knows', () => {
    const shown = [...read('otel/README.md').matchAll(/^(PODFLOW_\w+)=/gm)].map(([, name]) => name);
    expect(shown).toEqual(['PODFLOW_OTLP_ENDPOINT']);
    expect(shown.filter((name) => !read('src/config/settings.md').includes(`\`${name}\``))).toEqual([]);
  });
});

interface UnderWay {
  readonly sending_queue: { num_consumers: number; queue_size: number; batch: { max_size: number } };
}
const NOTHING: UnderWay['sending_queue'] = { num_consumers: 0, queue_size: 0, batch: { max_size: 0 } };

function componentTypes(kind: Kind): string[] {
  return manifest[kind].map(({ gomod }) => {
    const name = toName(gomod).replace(/(?:receiver|processor|exporter|extension)$/, '');
    return TYPES[name] ?? name;
  });
}

function toModules(from: Manifest): string[] {
  return [...KINDS, 'providers' as const].flatMap((kind) => from[kind].map(({ gomod }) => gomod));
}

function toName(module: string): string {
  return module.split(' ')[0]?.split('/').at(-1) ?? '';
}

/** The first digits that a shard keeps: what its filter, which says what it drops, does not match. */
function toKeptDigits(condition: string): string {
  const set = SHARD.exec(condition)?.[1] ?? '';
  return [...'0123456789abcdef'].filter((digit) => new RegExp(`[${set}]`).test(digit)).join('');
}
