/**
 * A strict reader of the Prometheus text format 0.0.4, written from its description
 * (prometheus.io/docs/instrumenting/exposition_formats) and independent of the code that writes it. It throws where
 * Prometheus would refuse the scrape or `promtool check metrics` would complain: wrong names or escapes, samples of
 * other families between, a series twice, no line feed at the end, histograms that do not add up.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

export function parsePrometheusText(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let help: { name: string; text: string } | undefined;
  let family: Family | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      help = { name, text: rest };
    } else if (keyword === 'TYPE') {
      if (help?.name !== name) throw new Error(`TYPE without its HELP before: ${line}`);
      if (families.has(name)) throw new Error(`a family twice or parted: ${name}`);
      if (!TYPES.has(rest) || NAME.exec(name)?.[0] !== name) throw new Error(`wrong TYPE line: ${line}`);
      families.set(name, (family = { name, help: help.text, type: rest, samples: [] }));
    } else {
      const sample = parseSample(line);
      if (family === undefined || !belongs(sample.name, family)) throw new Error(`not of its family: ${line}`);
      const id = sample.name + toLabelId(sample.labels);
      if (series.has(id)) throw new Error(`a series twice: ${line}`);
      series.add(id);
      family.samples.push(sample);
    }
  }
  for (const one of families.values()) checkValues(one);
  return families;
}

/** Sum of a family's samples whose labels have the given values. */
export function sumOf(
  families: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return select(families, name, labels).reduce((sum, { value }) => sum + value, 0);
}

/** A family's samples whose labels have the given values; throws where there is no such family. */
export function select(
  families: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  const family = families.get(name);
  if (family === undefined) throw new Error(`no family ${name}`);
  const wanted = Object.entries(labels);
  return family.samples.filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value));
}

function toLabelId(labels: Readonly<Record<string, string>>, without?: string): string {
  const names = Object.keys(labels)
    .filter((name) => name !== without)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}

function belongs(name: string, family: Family): boolean {
  if (family.type !== 'histogram') return name === family.name;
  return ['_bucket', '_sum', '_count'].some((suffix) => name === family.name + suffix);
}

function parseSample(line: string): Sample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`no metric name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) rest = parseLabels(rest.slice(1), labels);
  const value = rest.slice(1);
  if (!rest.startsWith(' ') || !VALUE.test(value)) throw new Error(`wrong value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

/** Reads labels up to and with the closing brace; returns what follows. */
function parseLabels(text: string, labels: Record<string, string>): string {
  let rest = text;
  while (!rest.startsWith('}')) {
    const name = LABEL_NAME.exec(rest)?.[0] ?? '';
    const quoted = /^="((?:[^"\\]|\\[\\"n])*)"(,(?!\})|(?=\}))/.exec(rest.slice(name.length));
    if (name === '' || quoted === null || name in labels) throw new Error(`wrong label: ${rest}`);
    labels[name] = (quoted[1] ?? '').replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c));
    rest = rest.slice(name.length + quoted[0].length);
  }
  return rest.slice(1);
}

function checkValues({ name, type, samples }: Family): void {
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) throw new Error(`negative counter ${name}`);
  if (type !== 'histogram') return;
  const bucketsBySeries = Map.groupBy(
    samples.filter((sample) => sample.name === `${name}_bucket`),
    ({ labels }) => toLabelId(labels, 'le'),
  );
  for (const { labels, value } of samples.filter((sample) => sample.name === `${name}_count`)) {
    const buckets = bucketsBySeries.get(toLabelId(labels)) ?? [];
    const bounds = buckets.map((bucket) => Number(bucket.labels['le']?.replace('Inf', 'Infinity')));
    if (bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== value) throw new Error(`histogram ${name} has no +Inf`);
    if (bounds.some((bound, i) => i > 0 && bound <= (bounds[i - 1] ?? 0))) throw new Error(`bounds of ${name}`);
    if (buckets.some((bucket, i) => i > 0 && bucket.value < (buckets[i - 1]?.value ?? 0))) {
      throw new Error(`histogram ${name} is not cumulative`);
    }
  }
}

/**
 * The families of a source as its second exposition tells them, which is the first one that has all that was counted:
 * series of failures begin at 0.
 */
export function readTwice(source: { exposition(): Iterable<string> }): Map<string, Family> {
  const texts = [1, 2].map(() => [...source.exposition()].join(''));
  return parsePrometheusText(texts[1] ?? '');
}
