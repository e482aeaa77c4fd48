import { describe, expect, test } from '@jest/globals';
import { ConntrackTable } from '../../../src/nat/conntrack-table.ts';
import { entryOf, ICMP, ICMP6, SCTP, UDP } from '../../support/conntrack-entries.ts';
import { addAt, endAt, lookUp } from '../../support/nat-table.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const GRACE_MS = 60_000;
const SERVICE = '10.1.0.7:51034>10.96.0.10:80';
const BACKEND = '10.2.0.9:8080>10.1.0.7:51034';
const DELIVERED = '10.1.0.7:51034>10.2.0.9:8080';

function createTable(maxEntries = 10_000): ConntrackTable {
  return new ConntrackTable({ maxEntries, graceMs: GRACE_MS });
}

describe('lookups', () => {
  test('find a translated entry by either tuple, in either direction', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND), 0);
    const found = { isTranslated: true, isAmbiguous: false };
    expect(lookUp(table, SERVICE)).toEqual({ ...found, isDelivered: false, isReversed: false, other: DELIVERED });
    expect(lookUp(table, DELIVERED)).toEqual({ ...found, isDelivered: true, isReversed: false, other: SERVICE });
    expect(lookUp(table, '10.96.0.10:80>10.1.0.7:51034')).toMatchObject({ isReversed: true, other: DELIVERED });
    expect(lookUp(table, BACKEND)).toMatchObject({ isDelivered: true, isReversed: true, other: SERVICE });
    expect(lookUp(table, SERVICE, { protocol: UDP })).toBeUndefined();
    expect(lookUp(table, '10.1.0.7:51035>10.96.0.10:80')).toBeUndefined();
  });

  test.each([
    ['DNAT and SNAT', '10.0.0.1:1000>10.96.0.1:80', '10.0.0.2:8080>172.18.0.3:33111', '172.18.0.3:33111>10.0.0.2:8080'],
    ['SNAT', '10.0.0.1:1000>203.0.113.9:443', '203.0.113.9:443>172.18.0.3:1000', '172.18.0.3:1000>203.0.113.9:443'],
    ['ports only', '10.0.0.1:1000>10.0.0.2:80', '10.0.0.2:8080>10.0.0.1:1000', '10.0.0.1:1000>10.0.0.2:8080'],
    ['hairpin', '10.0.0.1:1000>10.96.0.1:80', '10.0.0.1:8080>10.0.0.254:5', '10.0.0.254:5>10.0.0.1:8080'],
    ['IPv6', '[fd00::1]:1000>[fd00:96::1]:80', '[fd00:2::9]:8080>[fd00::1]:1000', '[fd00::1]:1000>[fd00:2::9]:8080'],
  ])('%s', (_, original, reply, delivered) => {
    for (const protocol of [6, UDP, SCTP]) {
      const table = createTable();
      addAt(table, entryOf(original, reply, { protocol }), 0);
      expect(lookUp(table, original, { protocol })).toMatchObject({ isDelivered: false, other: delivered });
      expect(lookUp(table, delivered, { protocol })).toMatchObject({ isDelivered: true, other: original });
    }
  });

  test('tell an entry that is not translated, in both directions', () => {
    const table = createTable();
    addAt(table, entryOf('10.0.0.1:1000>10.0.0.2:80', '10.0.0.2:80>10.0.0.1:1000'), 0);
    const found = { isTranslated: false, isDelivered: false, isAmbiguous: false, other: undefined };
    expect(lookUp(table, '10.0.0.1:1000>10.0.0.2:80')).toEqual({ ...found, isReversed: false });
    expect(lookUp(table, '10.0.0.2:80>10.0.0.1:1000')).toEqual({ ...found, isReversed: true });
  });

  test('find echoes by their addresses and the kind of question', () => {
    const table = createTable();
    addAt(table, entryOf('10.0.0.1>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP }), 0);
    addAt(table, entryOf('fd00::1>fd00::2', 'fd00::2>fd00::1', { protocol: ICMP6 }), 0);
    const echo = { protocol: ICMP, icmpType: 8 };
    expect(lookUp(table, '10.0.0.1>192.0.2.1', echo)).toMatchObject({ other: '172.18.0.3>192.0.2.1' });
    expect(lookUp(table, '192.0.2.1>10.0.0.1', { ...echo, icmpType: 0 })).toMatchObject({ isReversed: true });
    expect(lookUp(table, '10.0.0.1>192.0.2.1', { ...echo, icmpType: 13 })).toBeUndefined();
    expect(lookUp(table, 'fd00::1>fd00::2', { protocol: ICMP6, icmpType: 128 })).toMatchObject({ isTranslated: false });
    expect(lookUp(table, 'fd00::1>fd00::2', { protocol: ICMP6, icmpType: 135 })).toBeUndefined();
  });

  test('say so when several pings of one delivered tuple cannot be told apart', () => {
    const table = createTable();
    addAt(table, entryOf('10.0.0.1>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 1 }), 0);
    const echo = { protocol: ICMP, icmpType: 8, startMs: 1_000 };
    addAt(table, entryOf('10.0.0.1>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 2 }), 5);
    expect(lookUp(table, '172.18.0.3>192.0.2.1', echo)).toMatchObject({ isAmbiguous: false });
    addAt(table, entryOf('10.0.0.2>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 3 }), 10);
    expect(lookUp(table, '172.18.0.3>192.0.2.1', echo)).toMatchObject({ isAmbiguous: true });
    expect(lookUp(table, '10.0.0.2>192.0.2.1', echo)).toMatchObject({ isAmbiguous: false });
    endAt(table, entryOf('10.0.0.2>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 3 }), 20);
    expect(lookUp(table, '172.18.0.3>192.0.2.1', echo)).toMatchObject({
      isAmbiguous: false,
      other: '10.0.0.1>192.0.2.1',
    });
  });

  test('keep an entry and its mirror image apart', () => {
    const table = createTable();
    addAt(table, entryOf('10.0.0.1:5>10.0.0.2:5', '10.0.0.2:5>10.0.0.1:5', { protocol: UDP, id: 1 }), 0);
    endAt(table, entryOf('10.0.0.1:5>10.0.0.2:5', '10.0.0.2:5>10.0.0.1:5', { protocol: UDP, id: 1 }), 1_000);
    addAt(table, entryOf('10.0.0.2:5>10.0.0.1:5', '10.0.0.1:5>10.0.0.2:5', { protocol: UDP, id: 1 }), 2_000);
    const at = (startMs: number): unknown => lookUp(table, '10.0.0.1:5>10.0.0.2:5', { protocol: UDP, startMs });
    expect([at(500), at(2_500)]).toMatchObject([{ isReversed: false }, { isReversed: true }]);
  });
});

describe('generations of a tuple', () => {
  const other = (table: ConntrackTable, startMs: number, options: object = {}): string | undefined =>
    lookUp(table, SERVICE, { startMs, ...options })?.other;
  const SECOND = '10.2.0.5:8080>10.1.0.7:51034';

  test('a tuple used again at once: each record gets the backend of its own time', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    endAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 5_000);
    addAt(table, entryOf(SERVICE, SECOND, { id: 2 }), 5_000);
    expect(table.entries).toBe(2);
    expect(other(table, 1_000, { endMs: 4_900, isFirst: true })).toBe(DELIVERED);
    expect(other(table, 4_950, { endMs: 4_990 })).toBe(DELIVERED);
    expect(other(table, 5_001, { endMs: 5_001, isFirst: true })).toBe('10.1.0.7:51034>10.2.0.5:8080');
    expect(other(table, 5_001, { endMs: 14_000 })).toBe('10.1.0.7:51034>10.2.0.5:8080');
    // The first record of a flow met in its middle, shortly before its tuple is used again.
    expect(other(table, 3_000, { endMs: 4_990, isFirst: true })).toBe(DELIVERED);
  });

  test('a tuple used twice within a moment: a first record belongs to the entry that began with it', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    addAt(table, entryOf(SERVICE, SECOND, { id: 2 }), 1_120);
    expect(other(table, 1_002, { endMs: 1_050, isFirst: true })).toBe(DELIVERED);
    expect(other(table, 1_121, { endMs: 1_125, isFirst: true })).toBe('10.1.0.7:51034>10.2.0.5:8080');
  });

  test('a new entry ends the one it replaces, which nothing told to have ended', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    addAt(table, entryOf(SERVICE, SECOND, { id: 1 }), 5_000);
    expect([table.entries, table.endedEntries]).toEqual([2, 1]);
    endAt(table, entryOf(SERVICE, SECOND, { id: 1 }), 6_000);
    expect([table.entries, table.endedEntries]).toEqual([2, 2]);
  });

  test('an end that comes late does not end the next generation, even where it has the same id', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    addAt(table, entryOf(SERVICE, SECOND, { id: 1 }), 5_000);
    endAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 5_001);
    expect([table.entries, table.endedEntries]).toEqual([2, 1]);
    expect(other(table, 90_000)).toBe('10.1.0.7:51034>10.2.0.5:8080');
  });

  test('an entry that ended longer than the grace period before a record is none of it', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND), 1_000);
    endAt(table, entryOf(SERVICE, BACKEND), 5_000);
    expect(other(table, 5_000 + GRACE_MS)).toBe(DELIVERED);
    expect(other(table, 5_001 + GRACE_MS)).toBeUndefined();
  });

  test('an entry that began after a record is none of it', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND), 5_000);
    expect(other(table, 4_750)).toBe(DELIVERED);
    expect(other(table, 4_000, { endMs: 4_740 })).toBeUndefined();
    expect(other(table, 1_000, { endMs: 9_000 })).toBe(DELIVERED);
  });

  test('an end of something never heard of is remembered', () => {
    const table = createTable();
    endAt(table, entryOf(SERVICE, BACKEND), 5_000);
    endAt(table, entryOf(SERVICE, BACKEND), 5_000);
    expect([table.entries, table.endedEntries]).toEqual([1, 1]);
    expect(other(table, 1_000)).toBe(DELIVERED);
  });

  test('an entry of which only the end was told does not take the records of the one before', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    endAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 5_000);
    endAt(table, entryOf(SERVICE, SECOND, { id: 2 }), 9_000);
    expect(other(table, 2_000, { endMs: 4_000 })).toBe(DELIVERED);
    expect(other(table, 2_000, { endMs: 4_000, isFirst: true })).toBe(DELIVERED);
    expect(other(table, 6_000, { endMs: 8_000 })).toBe('10.1.0.7:51034>10.2.0.5:8080');
  });

  test('many of one tuple do not pile up in its chain', () => {
    const table = createTable();
    // If they did, this would take longer than a test may.
    for (let id = 1; id <= 9_000; id++)
      addAt(
        table,
        entryOf('10.0.0.1>192.0.2.1', `192.0.2.1>172.18.${id >> 8}.${id & 255}`, { protocol: ICMP, id }),
        id,
      );
    expect(table.entries).toBe(9_000);
    const last = lookUp(table, '10.0.0.1>192.0.2.1', { protocol: ICMP, icmpType: 8, startMs: 9_000, isFirst: true });
    expect(last?.other).toBe('172.18.35.40>192.0.2.1');
    for (let id = 1; id <= 9_000; id++)
      endAt(
        table,
        entryOf('10.0.0.1>192.0.2.1', `192.0.2.1>172.18.${id >> 8}.${id & 255}`, { protocol: ICMP, id }),
        9_500,
      );
    while (!table.sweep(1_000)) continue;
    table.expire(10_000 + GRACE_MS, 1_000);
    expect(lookUp(table, '10.0.0.1>192.0.2.1', { protocol: ICMP, icmpType: 8, startMs: 9_400 })).toBeUndefined();
  });
});

describe('zones', () => {
  test('a translating zone before others, then zone 0, then the lowest', () => {
    const table = createTable();
    const plain = ['10.1.0.7:51034>10.96.0.10:80', '10.96.0.10:80>10.1.0.7:51034'] as const;
    addAt(table, entryOf(...plain, { zone: 4 }), 0);
    expect(lookUp(table, SERVICE)).toMatchObject({ isTranslated: false });
    addAt(table, entryOf(SERVICE, BACKEND, { zone: 9 }), 1);
    expect(lookUp(table, SERVICE)?.other).toBe(DELIVERED);
    addAt(table, entryOf(SERVICE, '10.2.0.5:1>10.1.0.7:51034', { zone: 3 }), 2);
    expect(lookUp(table, SERVICE)?.other).toBe('10.1.0.7:51034>10.2.0.5:1');
    addAt(table, entryOf(SERVICE, '10.2.0.6:1>10.1.0.7:51034'), 3);
    expect(lookUp(table, SERVICE)?.other).toBe('10.1.0.7:51034>10.2.0.6:1');
    addAt(table, entryOf(...plain, { id: 2 }), 4);
    // In zone 0 the newest generation is not translated; zone 3 is.
    expect(lookUp(table, SERVICE, { startMs: 5_000 })?.other).toBe('10.1.0.7:51034>10.2.0.5:1');
    expect([table.entries, table.endedEntries]).toEqual([5, 1]);
  });
});

describe('dumps', () => {
  test('end what they do not tell, and nothing else', () => {
    const table = createTable();
    for (let i = 0; i < 100; i++)
      addAt(table, entryOf(`10.0.0.1:${1_000 + i}>10.0.0.2:80`, `10.0.0.2:80>10.0.0.1:${1_000 + i}`), 0);
    table.beginDump(100);
    for (let i = 0; i < 100; i += 2)
      table.addDumped(
        entryOf(`10.0.0.1:${1_000 + i}>10.0.0.2:80`, `10.0.0.2:80>10.0.0.1:${1_000 + i}`),
        -Infinity,
        110,
      );
    addAt(table, entryOf('10.0.0.1:9>10.0.0.2:80', '10.0.0.2:80>10.0.0.1:9'), 120);
    table.endDump();
    while (!table.sweep(10)) continue;
    expect([table.entries, table.endedEntries]).toEqual([101, 50]);
  });

  test('what ended while the dump was on its way stays ended, known before or not', () => {
    const table = createTable();
    const [known, unknown] = [entryOf(SERVICE, BACKEND), entryOf('10.0.0.1:9>10.0.0.2:80', '10.0.0.2:80>10.0.0.1:9')];
    addAt(table, known, 0);
    table.beginDump(100);
    endAt(table, known, 110);
    endAt(table, unknown, 110);
    table.addDumped(known, -Infinity, 120);
    table.addDumped(unknown, -Infinity, 120);
    table.endDump();
    while (!table.sweep(10)) continue;
    expect([table.entries, table.endedEntries]).toEqual([2, 2]);
  });

  test('an entry that began meanwhile is not replaced by its predecessor from the dump', () => {
    const table = createTable();
    table.beginDump(100);
    addAt(table, entryOf(SERVICE, '10.2.0.5:1>10.1.0.7:51034', { id: 2 }), 110);
    table.addDumped(entryOf(SERVICE, BACKEND, { id: 1 }), -Infinity, 120);
    table.endDump();
    expect([table.entries, lookUp(table, SERVICE, { startMs: 200 })?.other]).toEqual([1, '10.1.0.7:51034>10.2.0.5:1']);
  });

  test('an entry told by the dump before the event of its beginning is one entry with a start', () => {
    const table = createTable();
    table.beginDump(100);
    table.addDumped(entryOf(SERVICE, BACKEND), -Infinity, 120);
    addAt(table, entryOf(SERVICE, BACKEND), 5_000);
    table.endDump();
    expect([table.entries, table.endedEntries]).toEqual([1, 0]);
    expect(lookUp(table, SERVICE, { startMs: 1_000 })).toBeUndefined();
    // Later it is another generation.
    addAt(table, entryOf(SERVICE, BACKEND), 9_000);
    expect([table.entries, table.endedEntries]).toEqual([2, 1]);
  });

  test('a dump shows that a tuple was used again while events were lost', () => {
    const table = createTable();
    addAt(table, entryOf(SERVICE, BACKEND, { id: 1 }), 0);
    table.beginDump(5_000);
    table.addDumped(entryOf(SERVICE, '10.2.0.5:1>10.1.0.7:51034', { id: 2 }), -Infinity, 5_010);
    table.endDump();
    expect([table.entries, table.endedEntries]).toEqual([2, 1]);
    expect(lookUp(table, SERVICE, { startMs: 6_000 })).toMatchObject({
      isAmbiguous: false,
      other: '10.1.0.7:51034>10.2.0.5:1',
    });
    // When it was used again is not known: records from before the dump may be of either.
    expect(lookUp(table, SERVICE, { startMs: 3_000, endMs: 4_000 })).toMatchObject({ isAmbiguous: true });
    expect(lookUp(table, SERVICE, { startMs: 1, endMs: 20, isFirst: true })).toMatchObject({
      isAmbiguous: false,
      other: DELIVERED,
    });
  });

  test('of two that only dumps told neither is named for what came before, unless both were translated alike', () => {
    const table = createTable();
    const dump = (entry: ReturnType<typeof entryOf>, atMs: number): void => {
      table.beginDump(atMs);
      table.addDumped(entry, -Infinity, atMs + 10);
      table.endDump();
      while (!table.sweep(10)) continue;
    };
    const ambiguousAt = (startMs: number): boolean | undefined =>
      lookUp(table, SERVICE, { startMs, endMs: startMs + 10 })?.isAmbiguous;
    dump(entryOf(SERVICE, BACKEND, { id: 1 }), 1_000);
    dump(entryOf(SERVICE, BACKEND, { id: 2 }), 5_000);
    expect(ambiguousAt(900)).toBe(false);
    dump(entryOf(SERVICE, '10.2.0.5:1>10.1.0.7:51034', { id: 3 }), 9_000);
    expect([ambiguousAt(900), ambiguousAt(9_100)]).toEqual([true, false]);
  });

  test('an entry of the dump was there for as long as need be', () => {
    const table = createTable();
    table.beginDump(100_000);
    table.addDumped(entryOf(SERVICE, BACKEND), -Infinity, 100_010);
    expect(lookUp(table, SERVICE, { startMs: 1 })?.other).toBe(DELIVERED);
  });
});

describe('bounds', () => {
  const nth = (i: number, protocol = UDP): ReturnType<typeof entryOf> =>
    entryOf(`10.1.${i >> 8}.${i & 255}:1>10.96.0.1:53`, `10.2.0.1:5353>10.1.${i >> 8}.${i & 255}:1`, {
      protocol,
      id: i + 1,
    });

  test('a full table refuses and counts; ended entries make room', () => {
    const table = createTable(1_000);
    for (let i = 0; i < 1_010; i++) addAt(table, nth(i), i);
    expect([table.entries, table.full, table.evicted]).toEqual([1_000, 10, 0]);
    for (let i = 0; i < 5; i++) endAt(table, nth(i), 2_000);
    for (let i = 2_000; i < 2_007; i++) addAt(table, nth(i), i);
    expect([table.entries, table.endedEntries, table.full, table.evicted]).toEqual([1_000, 0, 12, 5]);
    expect(lookUp(table, '10.1.0.0:1>10.96.0.1:53', { protocol: UDP })).toBeUndefined();
    expect(lookUp(table, '10.1.7.212:1>10.96.0.1:53', { protocol: UDP, startMs: 2_005 })).toBeDefined();
  });

  test('both address families share the room', () => {
    const table = createTable(10);
    for (let i = 0; i < 6; i++) addAt(table, nth(i), 0);
    for (let i = 0; i < 6; i++) addAt(table, entryOf(`[fd00::${i}]:1>[fd01::1]:2`, `[fd01::1]:2>[fd00::${i}]:1`), 0);
    expect([table.entries, table.full]).toEqual([10, 2]);
    endAt(table, nth(0), 100);
    addAt(table, entryOf(`[fd00::9]:1>[fd01::1]:2`, `[fd01::1]:2>[fd00::9]:1`), 200);
    expect([table.entries, table.full, table.evicted]).toEqual([10, 2, 1]);
  });

  test('forgets in order of ending, when the grace period is over, and no sooner', () => {
    const table = createTable();
    for (let i = 0; i < 100; i++) addAt(table, nth(i), 0);
    for (let i = 0; i < 100; i++) endAt(table, nth(i), 1_000 + i);
    table.expire(1_000 + GRACE_MS, 100);
    expect(table.entries).toBe(100);
    table.expire(1_050 + GRACE_MS, 100);
    expect(table.entries).toBe(50);
    table.expire(9_999 + GRACE_MS, 100);
    expect([table.entries, table.endedEntries]).toEqual([0, 0]);
  });

  test('finds everything that fills it', () => {
    const table = createTable(200_000);
    for (let i = 0; i < 60_000; i++) {
      const address = `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
      const entry = entryOf(`${address}:1000>10.96.0.1:53`, `10.2.0.1:5353>${address}:1000`, { protocol: UDP, id: i });
      addAt(table, entry, i);
    }
    expect(table.entries).toBe(60_000);
    for (let i = 0; i < 60_000; i += 7) {
      const address = `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
      const found = lookUp(table, `${address}:1000>10.96.0.1:53`, { protocol: UDP, startMs: 60_000 });
      if (found?.other !== `${address}:1000>10.2.0.1:5353`) expect([address, found]).toBe('found');
    }
  });

  test('holds what a plain map holds, whatever comes', () => {
    const random = seededRandom(77);
    const table = createTable(3_000);
    const live = new Map<number, number>();
    for (let step = 0; step < 40_000; step++) {
      const i = random(2_000);
      if (live.has(i) && random(2) === 0) {
        endAt(table, nth(i), step);
        live.delete(i);
      } else {
        addAt(table, nth(i), step);
        live.set(i, step);
      }
      if (step % 500 === 0) table.expire(step + GRACE_MS - 400, 100);
    }
    expect([table.entries - table.endedEntries, table.full]).toEqual([live.size, 0]);
    table.expire(Infinity, 1_000);
    for (let i = 0; i < 2_000; i++) {
      const found = lookUp(table, `10.1.${i >> 8}.${i & 255}:1>10.96.0.1:53`, { protocol: UDP, startMs: 1e6 });
      expect([i, found !== undefined]).toEqual([i, live.has(i)]);
    }
  });
});
