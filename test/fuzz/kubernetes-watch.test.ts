import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { KUBERNETES_KINDS, type KubernetesKind } from '../../src/model/kubernetes-counters.ts';
import type { ApiFault, WatchBreak } from '../support/kubernetes-api/api-fault.ts';
import { KubernetesApi } from '../support/kubernetes-api/kubernetes-api.ts';
import { createObject, fillStore } from '../support/kubernetes-api/sample-objects.ts';
import { WatchRun } from '../support/kubernetes-api/watch-run.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { waitFor } from '../support/wait-for.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const OBJECTS = 40;
const STEPS_A_ROUND = 60;

const FAULTS: readonly ApiFault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, retryAfter: '0' },
  { kind: 'status', status: 429, retryAfter: '0' },
  { kind: 'status', status: 410 },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'garbage' },
  { kind: 'empty_object' },
  { kind: 'cut' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'slow', everyMs: 3 },
];
const BREAKS: readonly WatchBreak[] = ['close', 'half_event', 'reset', 'silence', 'garbage', 'error_410', 'error_500'];

/** One random thing that happens to the cluster or to its API server. */
async function happen(api: KubernetesApi, random: (limit: number) => number, note: string): Promise<void> {
  const kind: KubernetesKind = KUBERNETES_KINDS[random(KUBERNETES_KINDS.length)] ?? 'Pod';
  const some = random(3) === 0 ? undefined : kind;
  const keys = api.store.keys(kind);
  switch (random(16)) {
    case 0:
      return api.breakWatches(BREAKS[random(BREAKS.length)] ?? 'close', some);
    case 1: {
      const verb = random(2) === 0 ? 'list' : 'watch';
      return api.failNext(
        { verb, kind },
        ...Array.from({ length: 1 + random(3) }, () => FAULTS[random(FAULTS.length)]!),
      );
    }
    case 2:
      return api.expireLists();
    case 3:
      return random(4) === 0 ? api.store.compact() : undefined;
    case 4:
      if (random(10) > 0) return undefined;
      await api.down();
      await delay(random(100));
      return api.up();
    case 5:
    case 6:
    case 7:
      return api.store.remove(kind, keys[random(keys.length)] ?? '');
    default:
      api.store.put(kind, createObject(kind, random(2 * OBJECTS), note));
      return undefined;
  }
}

test(
  'whatever happens, the feed ends up with what the server holds',
  async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
    process.stderr.write(`kubernetes-watch: FUZZ_SEED=${seed}\n`);
    const random = seededRandom(seed);
    const api = await KubernetesApi.start({ host: OWN_LOOPBACK });
    fillStore(api.store, KUBERNETES_KINDS, OBJECTS);
    const timing = {
      answerMs: 200,
      idleMs: 300,
      relistCalmMs: 200,
      watchMs: 500,
      backoffMostMs: 50,
      deniedMostMs: 30,
    };
    const run = await WatchRun.start(api, { timing });
    try {
      for (const endMs = performance.now() + SECONDS * 1_000; performance.now() < endMs;) {
        for (let step = 0; step < STEPS_A_ROUND; step++) {
          await happen(api, random, `${step}`);
          if (random(3) === 0) await delay(random(12));
        }
        api.forgetFaults();
        await run.agrees(15_000);
        // The feed may hold the last page of a list before the list counts as one.
        const isCounted = (kind: KubernetesKind): boolean => run.counters(kind).objects === api.store.keys(kind).length;
        await waitFor('the count of objects', () => KUBERNETES_KINDS.every(isCounted));
        expect(run.feed.violations).toEqual([]);
      }
    } finally {
      await run.stop();
      await api.close();
    }
  },
  SECONDS * 1_000 + 40_000,
);
