import { afterEach, describe, expect, test } from '@jest/globals';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { PodflowError } from '../../../src/lib/podflow-error.ts';
import type { ConntrackEntry } from '../../../src/nat/conntrack-entry.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import type { ConntrackEvents, ConntrackSource, DumpOutcome } from '../../../src/nat/conntrack-source.ts';
import { entryOf } from '../../support/conntrack-entries.ts';
import { lookUp } from '../../support/nat-table.ts';
import { waitFor } from '../../support/wait-for.ts';

const FIRST = entryOf('10.1.0.7:1>10.96.0.1:80', '10.2.0.1:80>10.1.0.7:1');
const SECOND = entryOf('10.1.0.7:2>10.96.0.1:80', '10.2.0.1:80>10.1.0.7:2');

/** A kernel that says what it is told to. */
class FakeSource implements ConntrackSource {
  readonly name;
  entries: ConntrackEntry[] = [];
  outcomes: DumpOutcome[] = [];
  mayStart = true;
  starts = 0;
  dumps = 0;
  stops = 0;
  events: ConntrackEvents | undefined;
  log: string[] = [];

  constructor(name: 'netlink' | 'command') {
    this.name = name;
  }
  get toldUntilMs(): number {
    return performance.now();
  }
  async start(events: ConntrackEvents): Promise<void> {
    this.starts++;
    if (!this.mayStart) throw new PodflowError('CONNTRACK_UNAVAILABLE', { source: this.name, reason: 'EPERM' });
    this.events = events;
  }
  async dump(take: (entry: ConntrackEntry) => void): Promise<DumpOutcome> {
    this.log.push('dump');
    this.dumps++;
    for (const entry of this.entries) take(entry);
    return this.outcomes.shift() ?? 'complete';
  }
  async settle(): Promise<void> {
    this.log.push('settle');
  }
  catchUp(): void {
    this.log.push('catchUp');
  }
  async stop(): Promise<void> {
    this.stops++;
  }
}

const mirrors: ConntrackMirror[] = [];
afterEach(async () => {
  await Promise.all(mirrors.splice(0).map(async (mirror) => mirror.stop()));
});

function createMirror(sources: ConntrackSource[], options: object = {}): ConntrackMirror {
  const mirror = new ConntrackMirror({ sources, retryMs: 30, maxEntries: 1_000, ...options }, SILENT_LOG);
  mirrors.push(mirror);
  return mirror;
}

describe('the conntrack mirror', () => {
  test('knows after its start what was there, and follows events', async () => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source]);
    await mirror.start();
    expect(mirror.counters()).toMatchObject({ source: 'netlink', isSynchronised: true, entries: 1 });
    expect(source.log).toEqual(['settle', 'dump', 'settle']);
    const nowMs = performance.now();
    source.events?.event('new', SECOND, { fromMs: nowMs, toMs: nowMs });
    source.events?.event('update', SECOND, { fromMs: nowMs, toMs: nowMs });
    source.events?.event('destroy', FIRST, { fromMs: nowMs, toMs: nowMs });
    source.events?.malformed();
    expect(mirror.counters()).toMatchObject({
      entries: 2,
      endedEntries: 1,
      eventsByKind: { new: 1, update: 1, destroy: 1 },
      malformedMessages: 1,
    });
    expect(lookUp(mirror, '10.1.0.7:2>10.96.0.1:80', { startMs: nowMs })?.other).toBe('10.1.0.7:2>10.2.0.1:80');
  });

  test('a loss is counted, answered by a dump, and what it did not tell has ended', async () => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source]);
    await mirror.start();
    source.entries = [SECOND];
    source.events?.lost();
    expect(mirror.counters()).toMatchObject({ isSynchronised: false, overruns: 1 });
    await waitFor('a dump', () => mirror.counters().isSynchronised);
    expect(mirror.counters()).toMatchObject({ entries: 2, endedEntries: 1, dumpsByReason: { start: 1, overrun: 1 } });
  });

  test('losses one after another do not make dumps one after another', async () => {
    const source = new FakeSource('netlink');
    const mirror = createMirror([source]);
    await mirror.start();
    const endMs = performance.now() + 500;
    await waitFor('time to pass', () => {
      source.events?.lost();
      return performance.now() > endMs;
    });
    expect(mirror.counters().overruns).toBeGreaterThan(20);
    expect(source.dumps).toBeLessThan(12);
    await waitFor('the last dump', () => mirror.counters().isSynchronised);
  });

  test('an interrupted dump is repeated, not for ever, and then ends nothing', async () => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source]);
    await mirror.start();
    source.entries = [];
    source.outcomes = ['interrupted', 'interrupted', 'complete'];
    source.events?.lost();
    await waitFor('a dump', () => mirror.counters().isSynchronised);
    expect(mirror.counters()).toMatchObject({ dumpInterruptions: 2, entries: 1, endedEntries: 1 });
    source.entries = [SECOND];
    source.events?.lost();
    await waitFor('a dump', () => mirror.counters().isSynchronised);
    source.entries = [];
    source.outcomes = Array.from({ length: 9 }, () => 'interrupted');
    source.events?.lost();
    await waitFor('a dump', () => mirror.counters().isSynchronised);
    expect(mirror.counters()).toMatchObject({ dumpInterruptions: 7, entries: 2, endedEntries: 1 });
  });

  test('reads everything anew from time to time', async () => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source], { resyncMs: 20 });
    await mirror.start();
    source.entries = [];
    await waitFor('an end', () => mirror.counters().endedEntries === 1);
    expect(mirror.counters().dumpsByReason.periodic).toBeGreaterThan(0);
  });

  test('forgets what ended when its grace period is over', async () => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source], { graceMs: 150 });
    await mirror.start();
    source.events?.event('destroy', FIRST, { fromMs: performance.now(), toMs: performance.now() });
    expect(mirror.counters().entries).toBe(1);
    await waitFor('the end of the grace period', () => mirror.counters().entries === 0);
  });
});

describe('sources', () => {
  test('the second serves where the first may not', async () => {
    const sources = [new FakeSource('netlink'), new FakeSource('command')] as const;
    sources[0].mayStart = false;
    const mirror = createMirror([...sources]);
    await mirror.start();
    expect(mirror.counters()).toMatchObject({ source: 'command', isSynchronised: true });
  });

  test('where none works nothing is known, and it is tried again', async () => {
    const source = new FakeSource('netlink');
    source.mayStart = false;
    source.entries = [FIRST];
    const mirror = createMirror([source]);
    await mirror.start();
    expect(mirror.counters()).toMatchObject({ source: 'none', isSynchronised: false, entries: 0 });
    expect(lookUp(mirror, '10.1.0.7:1>10.96.0.1:80')).toBeUndefined();
    await waitFor('another try', () => source.starts > 2);
    source.mayStart = true;
    await waitFor('a source', () => mirror.counters().isSynchronised);
    expect(mirror.counters()).toMatchObject({ source: 'netlink', entries: 1 });
  });

  test.each(['failed', 'dump'] as const)('one that comes to its end (%s) is left, and found again', async (how) => {
    const source = new FakeSource('netlink');
    source.entries = [FIRST];
    const mirror = createMirror([source]);
    await mirror.start();
    source.outcomes = ['failed'];
    if (how === 'failed') source.events?.failed('killed');
    else source.events?.lost();
    await waitFor('its end', () => mirror.counters().source === 'none');
    await waitFor('what was known to end', () => mirror.counters().endedEntries === 1);
    source.outcomes = [];
    await waitFor('its return', () => mirror.counters().isSynchronised);
    expect(mirror.counters()).toMatchObject({ source: 'netlink', dumpsByReason: { start: 2 } });
  });

  test('off: nothing is read', async () => {
    const mirror = new ConntrackMirror({ source: 'off' }, SILENT_LOG);
    await mirror.start();
    mirror.catchUp();
    expect(mirror.counters()).toMatchObject({ source: 'none', entries: 0 });
    expect(mirror.toldUntilMs).toBe(-Infinity);
    await mirror.stop();
  });

  test('stop is safe twice, and also before the start', async () => {
    const source = new FakeSource('netlink');
    const mirror = createMirror([source]);
    await mirror.stop();
    await mirror.start();
    await mirror.stop();
    await mirror.stop();
    source.events?.lost();
    expect(source.dumps).toBe(1);
    await mirror.start();
    expect(mirror.counters().isSynchronised).toBe(true);
  });
});
