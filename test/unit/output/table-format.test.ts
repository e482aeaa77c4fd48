import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { hasColours } from '../../../src/output/has-colours.ts';
import { TableFormat } from '../../../src/output/table-format.ts';
import { createSampleRecord, createSampleRecords } from '../../support/otlp-sample-records.ts';

const PLAIN = { hasColours: false };

function createRecord(changes: Partial<FlowRecord> = {}): FlowRecord {
  return createSampleRecord(0, {
    sourceAddress: '10.1.0.2',
    sourcePort: 41_000,
    destinationAddress: '10.96.0.10',
    destinationPort: 80,
    ...changes,
  });
}

describe('the table', () => {
  test('has a head and a line a record', () => {
    const refused = { verdict: 'rejected', dropReason: 'connection_refused', connectionState: 'closed' } as const;
    const icmp = { transport: 'icmp', sourcePort: undefined, destinationPort: undefined, connectionState: undefined };
    const records = [createRecord(), createRecord(refused), createRecord({ ...icmp, rttNs: undefined })];
    expect(new TableFormat(PLAIN).encode(records)).toBe(
      [
        'TIME (UTC)    SOURCE                   DESTINATION            PROTO  STATE        → PKTS  → BYTES  ← PKTS  ← BYTES     RTT  VERDICT',
        '11:00:00.000  10.1.0.2:41000         → 10.96.0.10:80          tcp    established       5   1.0 kB       4   4.0 kB  205 µs  forwarded',
        '11:00:00.000  10.1.0.2:41000         → 10.96.0.10:80          tcp    closed            5   1.0 kB       4   4.0 kB  205 µs  rejected: connection_refused',
        '11:00:00.000  10.1.0.2               → 10.96.0.10             icmp   -                 5   1.0 kB       4   4.0 kB       -  forwarded',
        '',
      ].join('\n'),
    );
  });

  test('repeats its head after forty lines, across calls', () => {
    const format = new TableFormat(PLAIN);
    const text = Array.from({ length: 10 }, () => format.encode(createSampleRecords(9))).join('');
    const heads = text.split('\n').flatMap((line, i) => (line.startsWith('TIME') ? [i] : []));
    expect(heads).toEqual([0, 41, 82]);
  });

  test('grows for IPv6, with the head again, and stays so', () => {
    const format = new TableFormat(PLAIN);
    format.encode([createRecord()]);
    const ipv6 = { sourceAddress: '2001:db8:1111:2222:3333:4444:5555:6666', destinationAddress: 'fd00::1' };
    const grown = format.encode([createRecord(ipv6), createRecord()]).split('\n');
    expect(grown[0]).toMatch(/^TIME/);
    expect(grown[1]).toContain('[2001:db8:1111:2222:3333:4444:5555:6666]:41000  → [fd00::1]:80');
    expect(new Set([grown[1], grown[2]].map((line) => line?.indexOf('→'))).size).toBe(1);
    expect(format.encode([createRecord()])).not.toContain('TIME');
  });

  test('writes nothing for no records', () => {
    expect(new TableFormat(PLAIN).encode([])).toBe('');
  });

  test('paints failed flows and the head, and nothing else, where colours are wanted', () => {
    const records = [createRecord(), createRecord({ verdict: 'dropped', dropReason: 'syn_unanswered' })];
    const painted = new TableFormat({ hasColours: true }).encode(records);
    const [head, forwarded, dropped] = painted.split('\n');
    expect([head?.startsWith('\u001b[1mTIME'), head?.endsWith('\u001b[22m')]).toEqual([true, true]);
    expect(forwarded).not.toContain('\u001b');
    expect([dropped?.startsWith('\u001b[31m'), dropped?.endsWith('syn_unanswered\u001b[39m')]).toEqual([true, true]);
    expect(stripVTControlCharacters(painted)).toBe(new TableFormat(PLAIN).encode(records));
  });
});

describe('colours', () => {
  test.each([
    { isTTY: true, env: {}, expected: true },
    { isTTY: true, env: { NO_COLOR: '' }, expected: true },
    { isTTY: true, env: { NO_COLOR: '1' }, expected: false },
    { isTTY: true, env: { TERM: 'dumb' }, expected: false },
    { isTTY: false, env: {}, expected: false },
  ])('on a terminal $isTTY with $env: $expected', ({ isTTY, env, expected }) => {
    expect(hasColours({ isTTY } as never, env)).toBe(expected);
  });
});
