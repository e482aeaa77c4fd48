import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { ConntrackEntry } from '../../../src/nat/conntrack-entry.ts';
import { decodeConntrackMessage } from '../../../src/nat/decode-conntrack-message.ts';
import { entryFacts, ICMP, ICMP6, TCP, UDP } from '../../support/conntrack-entries.ts';
import { attribute, be16, be32, entryPayload, nest, tupleAttribute } from '../../support/conntrack-messages.ts';

interface Recorded {
  readonly messages: readonly string[];
  readonly lines: readonly string[];
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../../fixtures/conntrack/conntrack-messages.json', import.meta.url), 'utf8'),
) as { events: Recorded; dump: Recorded };

function decode(payload: Uint8Array): ConntrackEntry | undefined {
  const entry = new ConntrackEntry();
  return decodeConntrackMessage(payload, 0, payload.length, entry) ? entry : undefined;
}

function toWords(address: string): number[] {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  return Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readUInt32BE(4 * word));
}

/** What conntrack printed, as the decoder should tell it: its two tuples of nine words, id, zone and protocol. */
function toExpected(line: string): object {
  const told = line.replace(/\[USERSPACE\].*/, '');
  const all = (key: string): string[] => [...told.matchAll(new RegExp(` ${key}=(\\S+)`, 'g'))].map(([, v = '']) => v);
  const [sports, dports, sources, destinations] = [all('sport'), all('dport'), all('src'), all('dst')];
  const protocol = Number(/(?:tcp|udp|sctp|icmp|icmpv6|gre)\s+(\d+)/.exec(told)?.[1]);
  const ports = [0, 1].map((i) => {
    if (protocol === ICMP) return 0;
    if (protocol === ICMP6) return 128 * 0x10001;
    return Number(sports[i] ?? 0) * 65_536 + Number(dports[i] ?? 0);
  });
  const pad = (words: number[]): number[] => [...words, 0, 0, 0].slice(0, 4);
  const tuples = [0, 1].flatMap((i) => [
    ...pad(toWords(sources[i] ?? '')),
    ...pad(toWords(destinations[i] ?? '')),
    ports[i] ?? 0,
  ]);
  return { protocol, tuples, id: Number(all('id').at(-1)), zone: Number(all('zone')[0] ?? 0) };
}

function toTold({ protocol, tuples, id, zone }: ConntrackEntry): object {
  return { protocol, tuples: [...tuples], id, zone };
}

describe('messages of a kernel', () => {
  const { events, dump } = RECORDED;

  test.each(events.messages.map((message, i) => [events.lines[i] ?? '', message]))('%s', (line, message) => {
    const entry = decode(Buffer.from(message, 'base64').subarray(16));
    expect(entry && toTold(entry)).toEqual(toExpected(line));
  });

  test('of a dump tell what conntrack -L prints', () => {
    const told = dump.messages.map((message) => decode(Buffer.from(message, 'base64').subarray(16)));
    const byId = (a: object, b: object): number => (a as { id: number }).id - (b as { id: number }).id;
    const entries = told.map((entry) => (entry === undefined ? {} : toTold(entry)));
    expect(entries.toSorted(byId)).toEqual(dump.lines.map(toExpected).toSorted(byId));
    expect(entries.length).toBeGreaterThan(8);
  });

  test('carry the kernel’s own times where they are switched on', () => {
    const entries = events.messages.map((message) => decode(Buffer.from(message, 'base64').subarray(16)));
    const [first, last] = [entries[0]?.eventNs ?? 0, entries.at(-1)];
    expect(first).toBeGreaterThan(1.7e18);
    expect(last?.startNs).toBeGreaterThan(first);
    expect(last?.eventNs).toBeGreaterThan(last?.startNs ?? 0);
  });
});

describe('a message written by hand', () => {
  const FACTS = entryFacts('10.1.0.7:51034>10.96.0.10:80', '10.2.0.9:8080>10.1.0.7:51034', {
    id: 0xfedcba98,
    zone: 300,
  });
  const payload = entryPayload({ ...FACTS, startNs: 1_700_000_000_000_000_256n, stopNs: 1_700_000_001_000_000_000n });

  test('is told whole', () => {
    const entry = decode(payload);
    expect(entry).toMatchObject({ isIpv6: false, protocol: TCP, zone: 300, id: 0xfedcba98 });
    expect([entry?.startNs, entry?.eventNs]).toEqual([1_700_000_000_000_000_256, 1_700_000_001_000_000_000]);
    expect([...(entry?.tuples ?? [])]).toEqual([
      0x0a010007, 0, 0, 0, 0x0a60000a, 0, 0, 0, 51034 * 65_536 + 80,
      0x0a020009, 0, 0, 0, 0x0a010007, 0, 0, 0, 8080 * 65_536 + 51034,
    ]); // prettier-ignore
  });

  test('is malformed when cut anywhere but between attributes behind the tuples', () => {
    const whole = [...Array(payload.length).keys()].filter(
      (length) => decode(payload.subarray(0, length)) !== undefined,
    );
    // Both tuples end after 4 + 52 + 52 bytes; status, id, zone and timestamps follow, each padded to 4 bytes.
    expect(whole[0]).toBe(4 + 52 + 52);
    // Less than an attribute header is left over: padding, as far as can be told. The zone's own is at 130.
    const ends = [108, 109, 110, 111, 116, 117, 118, 119, 124, 125, 126, 127, 130, 131, 132, 133, 134, 135];
    expect(whole).toEqual(ends);
  });

  test('leaves nothing of the message before', () => {
    const entry = new ConntrackEntry();
    decodeConntrackMessage(payload, 0, payload.length, entry);
    const next = entryPayload({ protocol: UDP, ...pick('1.1.1.1:1>2.2.2.2:2', '2.2.2.2:2>1.1.1.1:1') });
    decodeConntrackMessage(next, 0, next.length, entry);
    expect([entry.id, entry.zone, entry.startNs, entry.eventNs, entry.protocol]).toEqual([0, 0, 0, 0, UDP]);
  });

  test('may lie anywhere in a buffer', () => {
    const entry = new ConntrackEntry();
    const bytes = Buffer.concat([Buffer.alloc(37, 0xff), payload, Buffer.alloc(9, 0xff)]);
    expect(decodeConntrackMessage(bytes, 37, 37 + payload.length, entry)).toBe(true);
    expect(entry.id).toBe(0xfedcba98);
    expect(decodeConntrackMessage(bytes, 37, bytes.length + 1, entry)).toBe(false);
  });

  test('of IPv6 is told in four words an address', () => {
    const facts = entryFacts('[fd00:1::7]:40000>[fd00:96::a]:53', '[fd00:2::9]:5353>[fd00:1::7]:40000', {
      protocol: UDP,
    });
    const entry = decode(entryPayload(facts));
    expect(entry?.isIpv6).toBe(true);
    expect([...(entry?.tuples.subarray(9) ?? [])]).toEqual([
      0xfd000002, 0, 0, 9, 0xfd000001, 0, 0, 7, 5353 * 65_536 + 40000,
    ]); // prettier-ignore
  });

  test('of an echo has no id, and is the same from either end', () => {
    const entry = decode(entryPayload(entryFacts('10.0.0.1>10.0.0.2', '10.0.0.2>10.0.0.1', { protocol: ICMP })));
    expect([entry?.tuples[8], entry?.tuples[17]]).toEqual([0, 0]);
    const v6 = decode(entryPayload(entryFacts('fd00::1>fd00::2', 'fd00::2>fd00::1', { protocol: ICMP6 })));
    expect([v6?.tuples[8], v6?.tuples[17]]).toEqual([128 * 0x10001, 128 * 0x10001]);
  });

  test('may tell a zone for one direction only', () => {
    const { original, reply } = pick('10.0.0.1:1>10.0.0.2:2', '10.0.0.2:2>10.0.0.1:1');
    const entry = decode(entryPayload({ protocol: TCP, original: { ...original, zone: 9 }, reply }));
    expect(entry?.zone).toBe(9);
  });
});

describe('what is not an entry', () => {
  const { original, reply } = pick('10.0.0.1:1>10.0.0.2:2', '10.0.0.2:2>10.0.0.1:1');
  const orig = tupleAttribute(1, TCP, original);
  const answer = tupleAttribute(2, TCP, reply);
  const head = Buffer.of(2, 0, 0, 0);
  const [four, number] = [be32(1), attribute(1, Buffer.of(TCP))];

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a header alone', head],
    ['another family', Buffer.concat([Buffer.of(7, 0, 0, 0), orig, answer])],
    ['no reply tuple', Buffer.concat([head, orig])],
    ['no original tuple', Buffer.concat([head, answer])],
    ['IPv4 addresses in an IPv6 message', Buffer.concat([Buffer.of(10, 0, 0, 0), orig, answer])],
    ['a tuple without addresses', Buffer.concat([head, nest(1, nest(2, number)), answer])],
    [
      'a tuple without a protocol',
      Buffer.concat([head, nest(1, nest(1, attribute(1, four), attribute(2, four))), answer]),
    ],
    ['one address', Buffer.concat([head, nest(1, nest(1, attribute(1, four)), nest(2, number)), answer])],
    [
      'a short address',
      Buffer.concat([head, nest(1, nest(1, attribute(1, be16(1)), attribute(2, four)), nest(2, number)), answer]),
    ],
    ['an attribute shorter than its header', Buffer.concat([head, orig, answer, Buffer.of(3, 0, 12, 0)])],
    [
      'an attribute that reaches beyond the end',
      Buffer.concat([head, orig, answer, Buffer.of(9, 0, 12, 0, 1, 2, 3, 4)]),
    ],
  ])('%s', (_, bytes) => {
    expect(decode(bytes)).toBeUndefined();
  });

  test('numbers that are too short tell nothing', () => {
    const short = [
      attribute(12, be16(5)),
      attribute(18, Buffer.of(1)),
      attribute(27, be32(7)),
      nest(20, attribute(1, be32(7))),
    ];
    expect(decode(Buffer.concat([head, orig, answer, ...short]))).toMatchObject({
      id: 0,
      zone: 0,
      startNs: 0,
      eventNs: 0,
    });
  });
});

function pick(original: string, reply: string): Pick<ReturnType<typeof entryFacts>, 'original' | 'reply'> {
  const facts = entryFacts(original, reply);
  return { original: facts.original, reply: facts.reply };
}
