import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ConntrackEntry } from '../../../src/nat/conntrack-entry.ts';
import { decodeConntrackMessage } from '../../../src/nat/decode-conntrack-message.ts';
import { AddressParser } from '../../../src/nat/parse-address.ts';
import { parseConntrackLine } from '../../../src/nat/parse-conntrack-line.ts';
import { entryOf, ICMP, TCP, UDP } from '../../support/conntrack-entries.ts';

const FOLDER = new URL('../../fixtures/conntrack/', import.meta.url);
const addresses = new AddressParser();

function parse(line: string): [kind: string | undefined, entry: ConntrackEntry] {
  const entry = new ConntrackEntry();
  return [parseConntrackLine(line, entry, addresses), entry];
}

describe('lines of conntrack', () => {
  const service = '10.244.1.7:51034>10.96.0.10:80';
  const backend = '10.244.2.9:8080>10.244.1.7:51034';
  const expected = [
    ['new', entryOf(service, backend, { id: 1595499776 }), 1711468800.123456],
    ['update', entryOf(service, backend, { id: 1595499776 }), 1711468800.124001],
    ['update', entryOf(service, backend, { id: 1595499776 }), 1711468800.124433],
    ['destroy', entryOf(service, backend, { id: 1595499776 }), 1711468830.500001],
    [
      'new',
      entryOf('10.244.1.7:40000>10.96.0.10:53', '10.244.3.4:53>10.244.1.7:40000', { protocol: UDP, id: 77 }),
      1711468831.000001,
    ],
    ['new', entryOf('10.244.1.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 78 }), 1711468832.000001],
    ['entry', entryOf('10.244.1.7:51111>203.0.113.9:443', '203.0.113.9:443>172.18.0.3:33111', { id: 79 }), 0],
    [
      'entry',
      entryOf('[fd00:10:244:1::7]:51112>[fd00:10:96::a]:80', '[fd00:10:244:2::9]:8080>[fd00:10:244:1::7]:51112', {
        protocol: TCP,
        id: 80,
        zone: 3,
      }),
      0,
    ],
  ] as const;
  const lines = readFileSync(new URL('conntrack-lines.txt', FOLDER), 'utf8').trimEnd().split('\n');

  test.each(lines.map((line, i) => [line, i]))('%s', (line, i) => {
    const [kind, entry, seconds] = expected[i as number] ?? [];
    const [toldKind, told] = parse(line as string);
    expect(toldKind).toBe(kind);
    expect(told.eventNs / 1e9).toBeCloseTo(seconds ?? -1, 5);
    told.eventNs = 0;
    expect(told).toEqual(entry);
  });

  test('there is one for each sample', () => {
    expect(lines).toHaveLength(expected.length);
  });
});

test('what the program prints and what the kernel sent are one', () => {
  const text = readFileSync(new URL('conntrack-messages.json', FOLDER), 'utf8');
  const { events } = JSON.parse(text) as { events: { messages: string[]; lines: string[] } };
  const entry = new ConntrackEntry();
  for (const [i, line] of events.lines.entries()) {
    const bytes = Buffer.from(events.messages[i] ?? '', 'base64');
    expect(decodeConntrackMessage(bytes, 16, bytes.length, entry)).toBe(true);
    const [kind, told] = parse(line);
    // Times are told by the kernel's message only.
    expect(told).toEqual(Object.assign(entry, { startNs: 0, eventNs: 0 }));
    expect(kind).toBe(/\[(\w+)\]/.exec(line)?.[1]?.toLowerCase());
  }
  expect(events.lines.length).toBeGreaterThan(30);
});

describe('what is no such line', () => {
  const tuple = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2';
  test.each([
    '',
    'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.',
    `tcp 6 120 SYN_SENT ${tuple}`,
    `tcp 6 120 SYN_SENT ${tuple} ${tuple} ${tuple}`,
    `tcp six ${tuple} ${tuple}`,
    `tcp 256 ${tuple} ${tuple}`,
    `tcp 6 ${tuple} src=10.0.0.2 dst=10.0.0.1 sport=2`,
    `tcp 6 ${tuple} src=10.0.0.256 dst=10.0.0.1 sport=2 dport=1`,
    `tcp 6 ${tuple} src=10.0.0.2 dst=fd00::1 sport=2 dport=1`,
    `tcp 6 ${tuple} src=10.0.0.2 dst=10.0.0.1 sport=65536 dport=1`,
    `tcp 6 ${tuple} src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 id=4294967296`,
    `tcp 6 ${tuple} src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 zone=-1`,
    `tcp 6 dst=10.0.0.2 sport=1 dport=2 ${tuple}`,
    `icmp 1 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1`,
    `tcp 6 ${tuple} ${tuple} ${'x'.repeat(5_000)}`,
  ])('%s', (line) => {
    expect(parse(line)[0]).toBeUndefined();
  });

  test('a program that changed the table cannot speak in the kernel’s name', () => {
    const [kind, entry] = parse(`[DESTROY] tcp 6 ${tuple} ${tuple} id=5 [USERSPACE] portid=1 progname=x id=6 zone=9`);
    expect([kind, entry.id, entry.zone]).toEqual(['destroy', 5, 0]);
  });
});
