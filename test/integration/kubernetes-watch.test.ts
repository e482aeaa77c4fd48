import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { KUBERNETES_KINDS } from '../../src/model/kubernetes-counters.ts';
import { KubernetesApi } from '../support/kubernetes-api/kubernetes-api.ts';
import { createObject, fillStore } from '../support/kubernetes-api/sample-objects.ts';
import { WatchRun, type WatchRunOptions } from '../support/kubernetes-api/watch-run.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { waitFor } from '../support/wait-for.ts';

const OBJECTS = 30;

let api: KubernetesApi;
let run: WatchRun;

beforeEach(async () => {
  api = await KubernetesApi.start({ host: OWN_LOOPBACK });
  fillStore(api.store, KUBERNETES_KINDS, OBJECTS);
});

afterEach(async () => {
  await run.stop();
  await api.close();
});

async function follow(options: WatchRunOptions = {}): Promise<void> {
  run = await WatchRun.start(api, options);
  await run.watches();
}

/** Changes some objects of every kind. */
function change(note: string): void {
  for (const kind of KUBERNETES_KINDS) {
    api.store.put(kind, createObject(kind, 3, note));
    api.store.put(kind, createObject(kind, OBJECTS + note.length, note));
    const [first = ''] = api.store.keys(kind);
    api.store.remove(kind, first);
  }
}

async function expectToFollow(note: string): Promise<void> {
  change(note);
  await run.agrees();
  expect(run.feed.violations).toEqual([]);
}

function lists(kind: 'Pod' | 'NetworkPolicy'): number {
  return run.counters(kind).lists;
}

describe('lists and watches', () => {
  test('the first lists come whole, page by page, and then every change', async () => {
    await follow();
    expect(run.watcher.isListed).toBe(true);
    expect(run.feed.differences(api.store, KUBERNETES_KINDS)).toEqual([]);
    const pages = api.requests.filter(({ verb, kind }) => verb === 'list' && kind === 'Pod');
    expect(pages.map(({ query }) => query.get('limit'))).toEqual(['7', '7', '7', '7', '7']);
    expect(pages.map(({ query }) => query.get('resourceVersion'))).toEqual([null, null, null, null, null]);
    await expectToFollow('changed');
    expect(run.counters('Pod')).toMatchObject({ lists: 1, objects: OBJECTS, isListed: true, isPermitted: true });
    expect(run.counters('Pod').events).toMatchObject({ ADDED: 1, MODIFIED: 1, DELETED: 1, ERROR: 0 });
  });

  test('of ReplicaSets and Jobs only the metadata is asked for', async () => {
    await follow();
    await expectToFollow('changed');
    for (const { kind, isMetadataOnly } of api.requests)
      expect(isMetadataOnly).toBe(kind === 'ReplicaSet' || kind === 'Job');
    for (const object of run.feed.of('Job').values()) expect(object).not.toHaveProperty('spec');
    for (const object of run.feed.of('Pod').values()) expect(object).toHaveProperty('spec');
  });

  test('objects come as they are, and an ended watch goes on where it was, without a list', async () => {
    api.store.put('Pod', createObject('Pod', 100, 'Grüße \u{1F389} "\n'));
    await follow({ timing: { watchMs: 300 } });
    const told = run.feed.of('Pod').get('team-1/pod-100');
    expect(told?.metadata).toMatchObject({ labels: { note: 'Grüße \u{1F389} "\n' } });
    await waitFor('a second watch', () => run.counters('Pod').watchEnds.closed > 0);
    await expectToFollow('after the end');
    expect(lists('Pod')).toBe(1);
  });

  test('bookmarks move a quiet watch on, so that compaction does it no harm', async () => {
    await follow();
    for (let i = 0; i < 5; i++) api.store.put('Pod', createObject('Pod', 3, `${i}`));
    api.store.compact();
    const bookmarks = (): number => run.counters('NetworkPolicy').events['BOOKMARK'] ?? 0;
    const before = bookmarks();
    await waitFor('bookmarks', () => bookmarks() >= before + 2);
    api.breakWatches('close');
    await expectToFollow('after compaction');
    expect([lists('NetworkPolicy'), run.counters('NetworkPolicy').watchEnds.gone]).toEqual([1, 0]);
  });

  test('a base path comes before every request', async () => {
    await api.close();
    api = await KubernetesApi.start({ host: OWN_LOOPBACK, basePath: '/k8s/clusters/c-1' });
    fillStore(api.store, KUBERNETES_KINDS, OBJECTS);
    await follow();
    await expectToFollow('changed');
  });
});

describe('faults of lists', () => {
  test.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a reset', { kind: 'reset' }],
    ['half a page', { kind: 'cut' }],
    ['a page of a proxy', { kind: 'garbage' }],
    ['JSON that is no list', { kind: 'empty_object' }],
    ['a hang', { kind: 'hang' }],
    ['a slow answer', { kind: 'slow', everyMs: 50 }],
    ['a 410', { kind: 'status', status: 410 }],
  ] as const)('%s in the middle of the first list: it comes whole all the same', async (_, fault) => {
    api.failNext({ verb: 'list', kind: 'Pod', isContinued: true }, fault);
    await follow();
    expect(run.feed.differences(api.store, KUBERNETES_KINDS)).toEqual([]);
    expect(api.pendingFaults).toBe(0);
    await expectToFollow('changed');
  });

  test('a list that breaks off goes on with the page that is missing', async () => {
    const troubles = [status(500), { kind: 'reset' }, { kind: 'cut' }, status(401), status(429)] as const;
    api.failNext({ verb: 'list', kind: 'Pod', isContinued: true }, ...troubles);
    await follow();
    const pages = api.requests.filter(({ verb, kind }) => verb === 'list' && kind === 'Pod');
    expect(pages.map(({ query }) => query.has('continue'))).toEqual([false, ...Array.from({ length: 9 }, () => true)]);
    expect(run.feed.differences(api.store, KUBERNETES_KINDS)).toEqual([]);
    await expectToFollow('changed');
  });

  test('a continue token that expires within a relist loses nothing that was known', async () => {
    await follow();
    await run.agrees();
    api.failNext({ verb: 'list', kind: 'Pod', isContinued: true }, ...Array.from({ length: 4 }, () => status(410)));
    api.breakWatches('error_410', 'Pod');
    let fewest = Infinity;
    await waitFor('the relist', () => {
      fewest = Math.min(fewest, run.feed.of('Pod').size);
      return lists('Pod') === 2;
    });
    expect(fewest).toBe(OBJECTS);
    expect(api.pendingFaults).toBe(0);
    await expectToFollow('changed');
  });

  test('no list is asked for more often than the backoff allows', async () => {
    api.failNext({ verb: 'list', kind: 'Pod' }, ...Array.from({ length: 5 }, () => status(500)));
    run = await WatchRun.start(api, { timing: { backoffBaseMs: 40, backoffMostMs: 400 } });
    const at = api.requests.filter(({ kind }) => kind === 'Pod').map(({ atMs }) => atMs);
    const waits = at.slice(1, 6).map((ms, i) => ms - (at[i] ?? 0));
    const least = [40, 80, 160, 200, 200];
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((least[i] ?? 0) - 5);
      expect(wait).toBeLessThan(2 * (least[i] ?? 0) + 250);
    }
    expect(run.messages('warn')).toEqual(['Kubernetes objects of kind Pod cannot be followed now']);
    expect(run.messages('info')).toContain('Kubernetes objects of kind Pod are followed again');
  });

  test('a server that asks for time with 429 is given it', async () => {
    api.failNext({ verb: 'list', kind: 'Pod' }, { kind: 'status', status: 429, retryAfter: '1' });
    await follow();
    const [first, second] = api.requests.filter(({ kind }) => kind === 'Pod');
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe('faults of watches', () => {
  test.each([
    ['close', 'closed', 1],
    ['half_event', 'failed', 1],
    ['reset', 'failed', 1],
    ['error_500', 'failed', 1],
    ['silence', 'failed', 1],
    ['garbage', 'garbled', 2],
    ['error_410', 'gone', 2],
  ] as const)('%s: counted as %s, and nothing is missed', async (how, end, listCount) => {
    await follow();
    await expectToFollow('before');
    api.breakWatches(how);
    change('meanwhile');
    await run.agrees();
    for (const kind of KUBERNETES_KINDS) {
      const counters = run.counters(kind);
      expect([kind, counters.watchEnds[end], counters.lists]).toEqual([kind, 1, listCount]);
    }
    await expectToFollow('after');
  });

  test.each([
    ['a 500', { kind: 'status', status: 500 }],
    ['a 410', { kind: 'status', status: 410 }],
    ['a reset', { kind: 'reset' }],
    ['no answer', { kind: 'hang' }],
    ['a page of a proxy', { kind: 'garbage' }],
    ['an event without an object', { kind: 'slow', everyMs: 5 }],
  ] as const)('%s when a watch is opened anew: tried again', async (_, fault) => {
    await follow();
    api.failNext({ verb: 'watch', kind: 'Pod' }, fault);
    api.breakWatches('close', 'Pod');
    await waitFor('the fault to be met', () => api.pendingFaults === 0);
    await expectToFollow('changed');
  });

  test('a server restored from a backup is listed anew, though its versions are older', async () => {
    await follow();
    await expectToFollow('before');
    api.store.restore((_, key) => key.endsWith('5'));
    api.breakWatches('close');
    await run.agrees();
    await expectToFollow('after');
    expect(run.feed.of('Pod').size).toBeLessThan(10);
  });

  test('a watch that is always closed at once is opened ever more seldom', async () => {
    await follow({ timing: { backoffBaseMs: 50, backoffMostMs: 800 } });
    const before = api.requests.length;
    const closing = setInterval(() => api.breakWatches('close', 'Pod'), 1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    clearInterval(closing);
    const opened = api.requests.slice(before).filter(({ kind }) => kind === 'Pod').length;
    expect(opened).toBeGreaterThan(2);
    expect(opened).toBeLessThan(12);
    await expectToFollow('after');
  });
});

describe('a server that is away', () => {
  test('is waited for at the start, told once, and then listed', async () => {
    await api.down();
    run = new WatchRun(api);
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('a complaint', () => run.messages('warn').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(run.watcher.isListed).toBe(false);
    expect(run.watcher.newestEventAgeMs).toBeUndefined();
    expect(run.messages('warn')).toEqual(['The Kubernetes API server cannot be reached; what is known stays']);
    await api.up();
    await started;
    expect(run.watcher.isListed).toBe(true);
    expect(run.messages('info')).toEqual([
      'The Kubernetes API server answers again',
      'The Kubernetes objects are listed',
    ]);
    expect(run.feed.differences(api.store, KUBERNETES_KINDS)).toEqual([]);
  });

  test('takes nothing of what is known away, ages it, and is caught up with', async () => {
    await follow();
    await api.down();
    change('while away');
    await waitFor('age', () => (run.watcher.newestEventAgeMs ?? 0) > 500);
    expect(run.feed.of('Pod').size).toBe(OBJECTS);
    expect(run.watcher.isListed).toBe(true);
    expect(KUBERNETES_KINDS.map((kind) => run.counters(kind).isWatching)).not.toContain(true);
    await api.up();
    await expectToFollow('back');
    await waitFor('freshness', () => (run.watcher.newestEventAgeMs ?? Infinity) < 200);
    expect(run.messages('warn')).toHaveLength(1);
    expect(lists('Pod')).toBe(1);
  });
});

describe('what is not permitted', () => {
  test('keeps nothing else from working, is told with what to grant, and is taken up when it is granted', async () => {
    api.deny('list', 'NetworkPolicy', 403);
    api.deny('list', 'Job', 404);
    run = await WatchRun.start(api);
    const others = KUBERNETES_KINDS.filter((kind) => kind !== 'NetworkPolicy' && kind !== 'Job');
    await run.watches(others);
    change('changed');
    await run.agrees(5_000, others);
    expect(run.counters('NetworkPolicy')).toMatchObject({ isPermitted: false, isListed: false, isWatching: false });
    expect(run.messages('warn').toSorted()).toEqual([
      'Kubernetes does not let podflow list networkpolicies: grant its service account the verbs list and watch on ' +
        'networkpolicies in API group networking.k8s.io of the whole cluster; podflow goes on without them',
      'The Kubernetes API server has no jobs of version v1 in API group batch; podflow goes on without them',
    ]);
    api.deny('list', 'NetworkPolicy', undefined);
    api.deny('list', 'Job', undefined);
    await run.agrees();
    expect(run.counters('NetworkPolicy')).toMatchObject({ isPermitted: true, isListed: true });
  });

  test('a kind of an add-on that the cluster does not have: nothing waits for it, and nothing is said', async () => {
    api.deny('list', 'PolicyEndpoint', 404);
    run = await WatchRun.start(api);
    await run.watches(KUBERNETES_KINDS.filter((kind) => kind !== 'PolicyEndpoint'));
    expect(run.counters('PolicyEndpoint')).toMatchObject({ isPermitted: false, isListed: false });
    expect([...run.messages('warn'), ...run.messages('error')]).toEqual([]);
    api.deny('list', 'PolicyEndpoint', undefined);
    await run.agrees();
    expect(run.counters('PolicyEndpoint').isPermitted).toBe(true);
  });

  test('a watch alone', async () => {
    api.deny('watch', 'Service', 403);
    run = await WatchRun.start(api);
    await waitFor('the refusal', () => !run.counters('Service').isPermitted);
    expect(run.messages('error')).toEqual([
      'Kubernetes does not let podflow watch services: grant its service account the verbs list and watch on services ' +
        'in the core API group of the whole cluster; podflow cannot name anything without them',
    ]);
    api.deny('watch', 'Service', undefined);
    await expectToFollow('granted');
  });

  test('a server that denies everything for a moment after its start is not believed', async () => {
    await follow();
    for (const kind of KUBERNETES_KINDS) api.failNext({ kind, verb: 'watch' }, status(403), status(403), status(403));
    api.breakWatches('reset');
    await waitFor('the denials to be met', () => api.pendingFaults === 0);
    await expectToFollow('after');
    expect(KUBERNETES_KINDS.map((kind) => run.counters(kind).isPermitted)).not.toContain(false);
    expect([...run.messages('warn'), ...run.messages('error')]).toEqual([]);
  });

  test('pods are waited for', async () => {
    api.deny('list', 'Pod', 403);
    run = new WatchRun(api);
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('the others', () => run.counters('Service').isListed);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(run.watcher.isListed).toBe(false);
    api.deny('list', 'Pod', undefined);
    await started;
    expect(run.feed.of('Pod').size).toBe(OBJECTS);
  });

  test('a kind that podflow can do without keeps it waiting for a bounded time only', async () => {
    api.failNext({ kind: 'ReplicaSet' }, { kind: 'hang' });
    run = await WatchRun.start(api);
    expect(run.counters('ReplicaSet').isListed).toBe(false);
    await run.agrees();
  });
});

describe('the end', () => {
  test('is quick, final and safe twice, whatever goes on', async () => {
    api.failNext({ verb: 'list', kind: 'Job' }, { kind: 'hang' });
    run = new WatchRun(api);
    const started = run.watcher.start(new AbortController().signal);
    await waitFor('watches', () => run.counters('Pod').isWatching);
    const beginMs = performance.now();
    await Promise.all([run.watcher.stop(createDeadline(1_000)), run.watcher.stop(createDeadline(1_000))]);
    await started;
    expect(performance.now() - beginMs).toBeLessThan(500);
    await waitFor('the connections to end', () => api.watches.size === 0);
    const { length } = api.requests;
    change('too late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(api.requests).toHaveLength(length);
    expect(run.feed.differences(api.store, ['Pod'])).not.toEqual([]);
  });

  test('comes with the signal too, before and after the start', async () => {
    run = new WatchRun(api);
    await run.watcher.start(AbortSignal.abort());
    expect(run.watcher.isListed).toBe(false);
    await run.stop();
    const ending = new AbortController();
    run = new WatchRun(api);
    await run.watcher.start(ending.signal);
    await waitFor('a watch', () => api.watches.size > 0);
    ending.abort();
    await waitFor('the connections to end', () => api.watches.size === 0);
  });
});

function status(code: number): { readonly kind: 'status'; readonly status: number } {
  return { kind: 'status', status: code };
}
