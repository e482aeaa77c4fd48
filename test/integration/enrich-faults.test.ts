import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createBenchObjects } from '../bench/enrich/bench-cluster.ts';
import { DocumentStore } from '../support/enrich/document-store.ts';
import { EnrichProcess, type Metrics } from '../support/enrich/enrich-process.ts';
import { encode, FlowTraffic, INTERVAL_MS, sumTold } from '../support/enrich/flow-traffic.ts';
import { compareDocuments, NO_DIFFERENCE } from '../support/enrich/found-documents.ts';
import { readByLabel, readPairSums } from '../support/enrich/metric-sums.ts';
import { encodePairs } from '../support/enrich/pair-explosion.ts';
import { RepeatingSender } from '../support/enrich/repeating-sender.ts';
import { createSkewedConnections } from '../support/enrich/skewed-connections.ts';
import { startBulkSink } from '../support/enrich/start-bulk-sink.ts';
import { streamTraffic } from '../support/enrich/stream-traffic.ts';
import { untilSettled } from '../support/enrich/until-settled.ts';
import { describeUntold, toUntoldShare } from '../support/enrich/untold-share.ts';
import { sumOf } from '../support/prometheus-text.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { waitFor } from '../support/wait-for.ts';

/** How long what is away stays away; the full figure is 60,000. */
const AWAY_MS = Number(process.env['FAULT_AWAY_MS'] ?? 2_000);
/** Distinct pairs of pods; the full figure is 1,000,000. */
const PAIRS = Number(process.env['FAULT_PAIRS'] ?? 200_000);
const PAIRS_PER_REQUEST = 1_000;
const RECORDS_PER_SECOND = 5_000;
const SETTLE_MS = 30_000;
const TEST_MS = 60_000 + AWAY_MS;
const EXPLOSION_MS = 60_000 + PAIRS / 2;
const KILLS = 2;
/** Address and port of clients that the store has something against: some in each batch. */
const REFUSED_CLIENT = /\.9:1025$/;
const MIB = 2 ** 20;
const MOST_RESIDENT_MIB = 512;

const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(2 ** 31));
process.stderr.write(`enrich-faults: FAULT_SEED=${SEED}\n`);
const say = (text: string): void => void process.stderr.write(`enrich-faults: ${text}\n`);

describe('podflow enrich: nothing is lost or counted twice', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-enrich-faults-'));
  const objectsPath = join(folder, 'objects.json');
  const closing: (() => unknown)[] = [];
  let store: DocumentStore;
  let random: (limit: number) => number;
  let traffic: FlowTraffic;

  beforeAll(() => writeFileSync(objectsPath, JSON.stringify(createBenchObjects())));

  beforeEach(async () => {
    random = seededRandom(SEED);
    traffic = new FlowTraffic(SEED);
    store = await DocumentStore.start();
    closing.push(() => store.down());
  });

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function startEnrich(port = 0, ...flags: readonly string[]): Promise<EnrichProcess> {
    const names = ['--objects', objectsPath, '--elasticsearch-url', store.url];
    const started = await EnrichProcess.start(port, [...names, ...flags]);
    closing.push(() => started.kill());
    return started;
  }

  function createSender(url: string): RepeatingSender {
    const sender = new RepeatingSender({ url });
    closing.push(() => sender.close());
    return sender;
  }

  function stream(seconds: number, ...senders: readonly RepeatingSender[]): Promise<void> {
    const send = (_: unknown, body: Buffer): void => senders[random(senders.length)]?.add(body);
    return streamTraffic({ traffic, recordsPerSecond: RECORDS_PER_SECOND, seconds, random, send });
  }

  /** Every connection is one document, as it was told. */
  function expectStoredOnce(): void {
    expect(compareDocuments(store.documents.values(), traffic.truth)).toEqual(NO_DIFFERENCE);
    expect(store.documents.size).toBe(traffic.truth.size);
  }

  /** Both groups of counters add up to what was told. */
  function expectCountedOnce(...all: readonly Metrics[]): void {
    const truth = sumTold(traffic.truth.values());
    expect(sumTold(all.map((metrics) => readPairSums(metrics, 'podflow_flow')))).toEqual(truth);
    expect(sumTold(all.map((metrics) => readPairSums(metrics, 'podflow_pod_flow')))).toEqual(truth);
  }

  test(
    'killed (-9) twice under 5,000 records/s, while its requests are sent until they are acknowledged',
    async () => {
      let enrich = await startEnrich();
      const { port } = enrich;
      const sender = createSender(enrich.url);
      const streaming = stream(4, sender);
      const lives: Metrics[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await delay(600 + random(900));
        lives.push(await enrich.metrics());
        await enrich.kill();
        enrich = await startEnrich(port);
      }
      await streaming;
      await sender.untilAcknowledged(SETTLE_MS);
      const last = await untilSettled(enrich, SETTLE_MS);
      expectStoredOnce();
      expect(sender.statuses.get(0)).toBeGreaterThan(0);
      const untold = toUntoldShare([...lives, last], traffic.truth);
      say(describeUntold(untold, KILLS, traffic.truth.size));
      expect(untold).toMatchObject({ bytesAbove: 0, packetsAbove: 0 });
      expect(untold.connections).toBeLessThan(traffic.truth.size / 2);
      expect(await enrich.stop()).toBe(0);
    },
    TEST_MS,
  );

  test(
    `a store that is away for ${AWAY_MS / 1_000} s, busy afterwards, and does not answer for what it stored`,
    async () => {
      const enrich = await startEnrich();
      const sender = createSender(enrich.url);
      const streaming = stream(2 + AWAY_MS / 1_000, sender);
      await delay(1_000);
      await store.down();
      await waitFor('the service to miss its store', async () => {
        const { body } = await enrich.get('/readyz');
        return (body as ReadyBody).elasticsearch?.isAway;
      });
      await delay(AWAY_MS);
      Object.assign(store, { busyRequests: 2, partlyBusyRequests: 3, brokenAnswers: 2 });
      await store.up();
      await streaming;
      await sender.untilAcknowledged(SETTLE_MS + AWAY_MS);
      const metrics = await untilSettled(enrich, SETTLE_MS);
      expectStoredOnce();
      expectCountedOnce(metrics);
      expect(store.busyRequests + store.partlyBusyRequests + store.brokenAnswers).toBe(0);
      expect(store.conflicts).toBeGreaterThan(0);
    },
    TEST_MS,
  );

  test(
    'two replicas without routing, over which every request is drawn, and a store that is away for a moment',
    async () => {
      const flags = ['--routing', 'none', '--elasticsearch-timeout', '500ms'];
      const replicas = await Promise.all([startEnrich(0, ...flags), startEnrich(0, ...flags)]);
      const senders = replicas.map(({ url }) => createSender(url));
      const streaming = stream(3, ...senders);
      await delay(1_000);
      // Whose document it is cannot be told where an answer is lost: both might have stored it.
      await store.down('answered');
      await delay(1_000);
      await store.up();
      await streaming;
      for (const sender of senders) await sender.untilAcknowledged(SETTLE_MS);
      const metrics = await Promise.all(replicas.map((replica) => untilSettled(replica, SETTLE_MS)));
      expectStoredOnce();
      expectCountedOnce(...metrics);
      expect(store.conflicts).toBeGreaterThan(0);
    },
    TEST_MS,
  );

  test(
    'documents that the store can never take: all others are stored, and those are counted',
    async () => {
      const enrich = await startEnrich();
      const sender = createSender(enrich.url);
      store.isRefused = ({ source }) => REFUSED_CLIENT.test(`${source.ip}:${source.port}`);
      await stream(1, sender);
      await sender.untilAcknowledged(SETTLE_MS);
      const metrics = await untilSettled(enrich, SETTLE_MS);
      const { missing, ...others } = compareDocuments(store.documents.values(), traffic.truth, Infinity);
      expect({ ...others, missing: [] }).toEqual(NO_DIFFERENCE);
      const refused = [...traffic.truth.keys()].filter((key) => REFUSED_CLIENT.test(key.split(' ')[0] ?? ''));
      expect(refused.length).toBeGreaterThan(0);
      expect(missing).toEqual(refused);
      const documents = readByLabel(metrics, 'podflow_elasticsearch_documents_total', 'outcome');
      expect(documents).toMatchObject({ created: store.documents.size, rejected: missing.length });
      expectCountedOnce(metrics);
    },
    TEST_MS,
  );

  test.each([
    ['joined', 1_500],
    ['too late to be joined', 4_000],
  ] as const)(
    'clocks of two nodes that are 2 s apart, records %s: those at the end of an interval are not doubled either',
    async (outcome, serverDelayMs) => {
      const enrich = await startEnrich();
      const sender = createSender(enrich.url);
      const { client, server, truth } = createSkewedConnections(4_000, SEED, 2_000);
      sender.add(encode(client, 'node-1'));
      await delay(serverDelayMs);
      sender.add(encode(server, 'node-2'));
      await sender.untilAcknowledged(SETTLE_MS);
      const metrics = await untilSettled(enrich, SETTLE_MS);
      expect(compareDocuments(store.documents.values(), truth)).toEqual(NO_DIFFERENCE);
      expect(readPairSums(metrics, 'podflow_pod_flow')).toEqual(sumTold(truth.values()));
      const perspectives = readByLabel(metrics, 'podflow_stitch_connections_total', 'perspectives');
      expect(perspectives[outcome === 'joined' ? 'both' : 'client']).toBe(truth.size);
    },
    TEST_MS,
  );

  test(
    `${PAIRS} distinct pairs of pods: the caps hold, memory is bounded, sums are right`,
    async () => {
      const sink = await startBulkSink();
      closing.push(() => sink.stop());
      const enrich = await EnrichProcess.start(0, ['--objects', objectsPath, '--elasticsearch-url', sink.url]);
      closing.push(() => enrich.kill());
      const sender = createSender(enrich.url);
      const intervalEndMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
      const startMs = performance.now();
      let truth = sumTold([]);
      for (let first = 0; first < PAIRS; first += PAIRS_PER_REQUEST) {
        const { client, server, told } = encodePairs(first, PAIRS_PER_REQUEST, intervalEndMs);
        truth = sumTold([truth, told]);
        sender.add(client, server);
        await sender.untilRoomFor(32, SETTLE_MS);
      }
      await sender.untilAcknowledged(SETTLE_MS);
      const seconds = (performance.now() - startMs) / 1e3;
      const metrics = await untilSettled(enrich, SETTLE_MS);
      expect(await sink.countDocuments()).toBe(PAIRS);
      expect(readPairSums(metrics, 'podflow_pod_flow')).toEqual(truth);
      expect(readPairSums(metrics, 'podflow_flow')).toEqual(truth);
      const pairs = readByLabel(metrics, 'podflow_flow_pairs', 'group');
      const overflow = readByLabel(metrics, 'podflow_flow_pair_overflow_records_total', 'group');
      const edges = sumOf(metrics, 'podflow_map_edges');
      const residentMib = Math.round(enrich.peakResidentBytes() / MIB);
      say(
        `${PAIRS} pairs in ${seconds.toFixed(1)} s: ${residentMib} MiB, ${JSON.stringify({ pairs, overflow, edges })}`,
      );
      expect(pairs).toEqual({ workload: 5_000, pod: 10_000 });
      expect(overflow['pod']).toBe(PAIRS - 10_000);
      expect(residentMib).toBeLessThan(MOST_RESIDENT_MIB);
    },
    EXPLOSION_MS,
  );
});

interface ReadyBody {
  readonly elasticsearch?: { readonly isAway: boolean };
}
