import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { createBenchRecord } from '../bench/enrich/bench-records.ts';
import { DocumentStore } from '../support/enrich/document-store.ts';
import { EnrichProcess } from '../support/enrich/enrich-process.ts';
import { encode, INTERVAL_MS } from '../support/enrich/flow-traffic.ts';
import type { FoundDocument } from '../support/enrich/found-documents.ts';
import { RepeatingSender } from '../support/enrich/repeating-sender.ts';
import type { ApiObject } from '../support/kubernetes-api/api-store.ts';
import { KubernetesApi } from '../support/kubernetes-api/kubernetes-api.ts';
import { toKubeconfig } from '../support/kubernetes-api/to-kubeconfig.ts';
import { nodeObject, podObject, type PodOptions } from '../support/kubernetes-objects.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { select, sumOf } from '../support/prometheus-text.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { waitFor } from '../support/wait-for.ts';

/** How long the API server stays away; the full figure is 60,000. */
const AWAY_MS = Number(process.env['FAULT_AWAY_MS'] ?? 2_000);
/** The wait between two attempts grows to at most this. */
const LONGEST_BACKOFF_MS = 30_000;
const SETTLE_MS = 20_000;
const TEST_MS = 60_000 + AWAY_MS + LONGEST_BACKOFF_MS;
const RECORDS = 50;
const CLIENT = '10.200.0.2';
const SHARED = '10.200.1.9';
const SECOND_MS = 1_000;

const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(2 ** 31));
process.stderr.write(`enrich-name-faults: FAULT_SEED=${SEED}\n`);

describe('podflow enrich names what it can, and nothing wrong', () => {
  let folder: string;
  let api: KubernetesApi;
  let store: DocumentStore;
  let enrich: EnrichProcess;
  let sender: RepeatingSender;
  const closing: (() => unknown)[] = [];
  let connections = 0;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-enrich-names-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    api = await KubernetesApi.start({ host: OWN_LOOPBACK });
    closing.push(() => api.close());
    api.store.put('Node', nodeObject('node-1', { podCIDRs: ['10.200.0.0/16'], internalIPs: ['172.20.0.1'] }) as never);
    putPod('client', CLIENT);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, toKubeconfig(api.url, {}, { 'insecure-skip-tls-verify': true }));
    store = await DocumentStore.start();
    closing.push(() => store.down());
    enrich = await EnrichProcess.start(0, ['--kubeconfig', kubeconfig, '--elasticsearch-url', store.url]);
    closing.push(() => enrich.kill());
    sender = new RepeatingSender({ url: enrich.url });
    closing.push(() => sender.close());
  });

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  function putPod(name: string, ip: string, options: PodOptions = {}): string {
    return api.store.put('Pod', podObject(name, { ips: [ip], node: 'node-1', ...options }) as unknown as ApiObject);
  }

  /** A connection from the client to an address, told by the client's side. */
  function createRecord(destination: string, startMs: number): FlowRecord {
    const intervalEndMs = Math.ceil((startMs + 1) / INTERVAL_MS) * INTERVAL_MS;
    const record = createBenchRecord(1, 'client', intervalEndMs * 1e6);
    connections++;
    return Object.assign(record, {
      flowId: `f-${connections}`,
      sourceAddress: CLIENT,
      sourcePort: 20_000 + connections,
      destinationAddress: destination,
      // The service computes it of the addresses.
      communityId: '',
      startNs: startMs * 1e6,
      endNs: (startMs + 1) * 1e6,
    });
  }

  /** Sends records, waits until they are stored, and returns how the destinations are named, by their source port. */
  async function nameAll(records: readonly FlowRecord[]): Promise<Map<number, string>> {
    sender.add(encode(records, 'node-1'));
    await sender.untilAcknowledged(SETTLE_MS);
    const ports = new Set(records.map(({ sourcePort }) => sourcePort));
    const found = [...store.documents.values()].filter(({ source }) => ports.has(source.port));
    expect(found).toHaveLength(records.length);
    return new Map(found.map((document) => [document.source.port ?? 0, nameDestination(document)]));
  }

  async function nameNow(destination: string): Promise<string | undefined> {
    return [...(await nameAll([createRecord(destination, Date.now())])).values()][0];
  }

  test(
    `an API server that is away for ${AWAY_MS / 1_000} s: it goes on with what it knows, says so, and catches up`,
    async () => {
      putPod('known', SHARED);
      await waitFor('the pod to be known', async () => (await nameNow(SHARED)) === 'known', SETTLE_MS);
      const before = await readNaming(enrich);
      expect(before).toMatchObject({ status: 200, watching: before.kinds });
      await api.down();
      putPod('born-meanwhile', '10.200.1.10');
      const awayMs = performance.now();
      await waitFor('the service to miss the API server', async () => (await readNaming(enrich)).watching === 0);
      while (performance.now() - awayMs < AWAY_MS) {
        expect(await nameNow(SHARED)).toBe('known');
        await delay(AWAY_MS / 8);
      }
      expect(await nameNow('10.200.1.10')).toBe('unknown');
      const away = await readNaming(enrich);
      expect(away).toMatchObject({ status: 200, watching: 0, listed: before.kinds });
      expect(away.ageSeconds).toBeGreaterThan(AWAY_MS / 1_000 - 1);
      expect(away.toldAgeSeconds).toBeGreaterThan(AWAY_MS / 1_000 - 1);
      await api.up();
      const upMs = performance.now();
      const isCaughtUp = async (): Promise<boolean> => (await nameNow('10.200.1.10')) === 'born-meanwhile';
      await waitFor('the new pod to be named', isCaughtUp, AWAY_MS + LONGEST_BACKOFF_MS);
      process.stderr.write(
        `enrich-name-faults: away for ${AWAY_MS} ms; caught up ${Math.round(performance.now() - upMs)} ms after it was back\n`,
      );
      const isWatching = async (): Promise<boolean> => (await readNaming(enrich)).watching === before.kinds;
      await waitFor('all kinds to be watched again', isWatching, AWAY_MS + LONGEST_BACKOFF_MS);
      expect((await readNaming(enrich)).ageSeconds).toBeLessThan(1);
    },
    TEST_MS,
  );

  test(
    'an address that another pod has within 2 s: records of before and after are named right, though they come later',
    async () => {
      const random = seededRandom(SEED);
      const bornMs = Math.floor(Date.now() / SECOND_MS) * SECOND_MS - 60_000;
      putPod('first', SHARED, { startTime: toTime(bornMs), sandboxTime: toTime(bornMs) });
      await waitFor('the first pod to be known', async () => (await nameNow(SHARED)) === 'first', SETTLE_MS);
      // The API's times are whole seconds: the second pod's network was ready within the second that begins here.
      await delay(SECOND_MS - (Date.now() % SECOND_MS));
      const endMs = Date.now();
      api.store.remove('Pod', 'shop/first');
      await delay(1_500);
      const startMs = Date.now();
      const started = toTime(Math.floor(startMs / SECOND_MS) * SECOND_MS);
      putPod('second', SHARED, { startTime: started, sandboxTime: started });
      await delay(1_000);
      const before = Array.from({ length: RECORDS }, () => createRecord(SHARED, endMs - 1 - random(30_000)));
      const after = Array.from({ length: RECORDS }, () => createRecord(SHARED, startMs + random(1_000)));
      const names = await nameAll([...before, ...after].toSorted(() => random(3) - 1));
      for (const { sourcePort } of before) expect(names.get(sourcePort ?? 0)).toBe('first');
      for (const { sourcePort } of after) expect(names.get(sourcePort ?? 0)).toBe('second');
      expect(startMs - endMs).toBeLessThan(2_000);
    },
    TEST_MS,
  );
});

/** The pod's name, or what kind of end it was taken for. */
function nameDestination({ destination, podflow }: FoundDocument): string {
  return destination.kubernetes?.pod?.name ?? podflow.destination?.kind ?? 'nothing';
}

interface Naming {
  readonly status: number;
  readonly kinds: number;
  readonly listed: number;
  readonly watching: number;
  /** Of the newest event, as /readyz tells it. */
  readonly ageSeconds: number;
  /** The same of /metrics, of the kind that was told of last. */
  readonly toldAgeSeconds: number;
}

/** What the service says of its knowledge, which /readyz and /metrics must say alike. */
async function readNaming(enrich: EnrichProcess): Promise<Naming> {
  const { status, body } = await enrich.get('/readyz');
  const { kubernetes } = body as {
    kubernetes: {
      newestEventAgeSeconds: number;
      kinds: Record<string, { isListed: boolean; isWatching: boolean }>;
    };
  };
  const metrics = await enrich.metrics();
  const kinds = Object.values(kubernetes.kinds);
  const ages = select(metrics, 'podflow_kubernetes_newest_event_age_seconds').map(({ value }) => value);
  return {
    status,
    kinds: kinds.length,
    listed: kinds.filter(({ isListed }) => isListed).length,
    watching: sumOf(metrics, 'podflow_kubernetes_watching'),
    ageSeconds: kubernetes.newestEventAgeSeconds,
    toldAgeSeconds: Math.min(...ages),
  };
}

/** RFC 3339 in whole seconds, as the API has it. */
function toTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
