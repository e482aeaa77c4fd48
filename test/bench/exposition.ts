import type { Connection } from '../../src/model/connection.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { ConnectionCounters } from '../../src/prometheus/connection/connection-counters.ts';
import type { ExpositionSource } from '../../src/prometheus/exposition-source.ts';
import { PairCounters } from '../../src/prometheus/pair-counters.ts';
import { createSampleRecord } from '../support/otlp-sample-records.ts';
import { createSampleConnection } from '../support/sample-connections.ts';
import { createPodEnd } from '../support/sample-ends.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { MetricsScraper, type Scrape } from './support/metrics-scraper.ts';
import { toSpread, type Spread } from './support/spread.ts';

/**
 * Cost of the pair counters: what a record or a joined connection costs, and a scrape of 100,000 series over loopback,
 * plain and gzipped. Of a probe these are 10,000 TCP pairs; of an enrichment service 6,200 pairs of pods among 960
 * pairs of workloads. `node test/bench/exposition.ts` prints one JSON document.
 */
const PAIRS = 10_000;
const POD_PAIRS = 6_200;
const ROUNDS = 7;
const PASSES = 20;
/** Pairs that come once each, most of them beyond the cap. */
const DISTINCT_PAIRS = 200_000;

function createPairRecords(): FlowRecord[] {
  return Array.from({ length: PAIRS }, (_, i) =>
    createSampleRecord(i, { destinationAddress: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, sequence: 1 }),
  );
}

/** Each pair of pods once, in no order. Both ends are seen, so that loss is told, and times are measured. */
function createPodPairs(): Connection[] {
  const servers = Array.from({ length: 503 }, (_, i) =>
    createPodEnd(`10.244.${i >> 8}.${i & 255}`, `server-${i % 40}`, i),
  );
  const clients = Array.from({ length: 2_000 }, (_, i) =>
    createPodEnd(`10.245.${i >> 8}.${i & 255}`, `client-${i % 24}`, i),
  );
  const pairs = Array.from({ length: POD_PAIRS }, (_, i) => {
    const source = clients[i % clients.length];
    const destination = servers[(i * 7 + Math.floor(i / clients.length) * 11) % servers.length];
    return createSampleConnection({ source: source!, destination: destination!, serverRecord: {} });
  });
  const random = seededRandom(1);
  for (let i = pairs.length - 1; i > 0; i--) {
    const other = random(i + 1);
    [pairs[i], pairs[other]] = [pairs[other]!, pairs[i]!];
  }
  return pairs;
}

/** Microseconds an item, one value a round; the first round warms up and is left out. */
function measureItems<Item>(accept: (batch: readonly Item[]) => void, items: readonly Item[]): number[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const startMs = performance.now();
    for (let pass = 0; pass < PASSES; pass++) accept(items);
    return ((performance.now() - startMs) * 1_000) / (PASSES * items.length);
  });
  return rounds.slice(1);
}

/** Microseconds a connection of a pair that was never seen before. */
function measureDistinctPairs(): number {
  const counters = new ConnectionCounters({ pairSeriesTtlMs: 1e9 });
  const batch = Array.from({ length: 1_000 }, () => ({ ...createSampleConnection() }));
  let micros = 0;
  for (let made = 0; made < DISTINCT_PAIRS; made += batch.length) {
    for (const [i, connection] of batch.entries()) {
      const index = made + i;
      connection.source = createPodEnd(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, `w${index}`, index);
    }
    const startMs = performance.now();
    counters.accept(batch);
    micros += (performance.now() - startMs) * 1_000;
  }
  return micros / DISTINCT_PAIRS;
}

interface ScrapeFigures {
  readonly series: number;
  readonly scrapeMs: Spread;
  readonly gzipScrapeMs: Spread;
  readonly blockMs: Spread;
  readonly plainBytes: number;
  readonly gzipBytes: number;
}

async function measureScrapes(source: ExpositionSource): Promise<ScrapeFigures> {
  const scraper = await MetricsScraper.start(source);
  await scraper.scrape('plain');
  const plain: Scrape[] = [];
  const gzip: Scrape[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await scraper.scrape('plain'));
    gzip.push(await scraper.scrape('gzip'));
  }
  scraper.stop();
  return {
    series: plain[0]?.series ?? 0,
    scrapeMs: toSpread(plain.map((one) => one.ms)),
    gzipScrapeMs: toSpread(gzip.map((one) => one.ms)),
    blockMs: toSpread(plain.concat(gzip).map((one) => one.blockMs)),
    plainBytes: plain[0]?.byteCount ?? 0,
    gzipBytes: gzip[0]?.byteCount ?? 0,
  };
}

const pairs = new PairCounters({ pairSeriesLimit: PAIRS });
const recordMicros = toSpread(measureItems((batch) => pairs.accept(batch), createPairRecords()));
const probe = await measureScrapes(pairs);

const counters = new ConnectionCounters();
const connectionMicros = toSpread(measureItems((batch) => counters.accept(batch), createPodPairs()));
const enrich = await measureScrapes(counters);
const distinctPairMicros = measureDistinctPairs();
const [workloadPairs, podPairs] = [...counters.totals().values()].map((totals) => totals.pairs);

const report = {
  name: 'exposition',
  machine: readMachine(),
  figures: {
    ...probe,
    recordMicros,
    enrichWorkloadPairs: workloadPairs,
    enrichPodPairs: podPairs,
    ...Object.fromEntries(Object.entries(enrich).map(([name, figure]) => [toEnrichName(name), figure])),
    connectionMicros,
    distinctPairMicros,
  },
  goals: {
    recordMicros: atMost(0.3, recordMicros.median),
    scrapeMs: atMost(200, probe.scrapeMs.median),
    longestBlockMs: atMost(10, probe.blockMs.median),
    connectionMicros: atMost(0.4, connectionMicros.median),
    enrichScrapeMs: atMost(200, enrich.scrapeMs.median),
    enrichLongestBlockMs: atMost(10, enrich.blockMs.median),
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);

function toEnrichName(name: string): string {
  return `enrich${name[0]?.toUpperCase()}${name.slice(1)}`;
}
