import { describe, expect, jest, test } from '@jest/globals';
import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import type { DeliveredHints } from '../../../src/model/delivered-hint.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { ConntrackTable } from '../../../src/nat/conntrack-table.ts';
import { type EntryLookup, NatTranslator } from '../../../src/nat/nat-translator.ts';
import { entryOf, ICMP, tupleOf, UDP } from '../../support/conntrack-entries.ts';
import { addAt, endAt } from '../../support/nat-table.ts';
import { toCommunityId } from '../../../src/lib/community-id.ts';

const SERVICE = '10.1.0.7:51034>10.96.0.10:80';
const BACKEND = '10.2.0.9:8080>10.1.0.7:51034';
const MASQUERADED = ['10.1.0.7:51034>10.96.0.10:80', '10.2.0.9:8080>172.18.0.3:33111'] as const;

/** Conntrack as the translator sees it, with a table beneath and events that wait until they are asked for. */
class Conntrack implements EntryLookup {
  readonly table = new ConntrackTable({ maxEntries: 1_000, graceMs: 60_000 });
  readonly translator: NatTranslator;
  toldUntilMs = Infinity;
  catchUps = 0;
  waiting: (() => void)[] = [];

  constructor(hints?: DeliveredHints) {
    this.translator = new NatTranslator(this, hints);
  }

  resolve(...args: Parameters<ConntrackTable['resolve']>): boolean {
    return this.table.resolve(...args);
  }

  catchUp(): void {
    this.catchUps++;
    for (const event of this.waiting.splice(0)) event();
  }

  add(original: string, reply: string, options: Parameters<typeof entryOf>[2] = {}, ageMs = 1_000): this {
    addAt(this.table, entryOf(original, reply, options), performance.now() - ageMs);
    return this;
  }

  translate(text: string, changes: Partial<FlowRecord> = {}): FlowRecord {
    const record = recordOf(text, changes);
    this.translator.translate(record);
    return record;
  }
}

/** A record of the last half second. */
function recordOf(text: string, changes: Partial<FlowRecord> = {}): FlowRecord {
  const { source, destination, sourcePort, destinationPort } = tupleOf(text);
  const nowNs = Date.now() * 1e6;
  return Object.assign(createFlowRecord(), {
    sourceAddress: source,
    destinationAddress: destination,
    sourcePort,
    destinationPort,
    networkType: source.includes(':') ? 'ipv6' : 'ipv4',
    protocolNumber: 6,
    communityId: '1:observed',
    initiator: 'syn',
    startNs: nowNs - 5e8,
    endNs: nowNs,
    ...changes,
  });
}

function natOf(record: FlowRecord): object {
  return Object.fromEntries(
    Object.entries(record).filter(([key, value]) => key.startsWith('nat') && value !== undefined),
  );
}

function communityIdOf(protocol: number, text: string, ports?: [number, number]): string {
  const { source, destination, sourcePort, destinationPort } = tupleOf(text);
  const bytes = (address: string): Uint8Array => Uint8Array.from(address.split('.').map(Number));
  const [from, to] = ports ?? [sourcePort, destinationPort];
  return toCommunityId({
    protocol,
    source: bytes(source),
    destination: bytes(destination),
    sourcePort: from,
    destinationPort: to,
  });
}

describe('a record', () => {
  test('of a dialled tuple gets the delivered one', () => {
    const record = new Conntrack().add(...MASQUERADED).translate(SERVICE);
    expect(natOf(record)).toEqual({
      natState: 'translated',
      natSourceAddress: '172.18.0.3',
      natSourcePort: 33111,
      natDestinationAddress: '10.2.0.9',
      natDestinationPort: 8080,
      natCommunityId: communityIdOf(6, '172.18.0.3:33111>10.2.0.9:8080'),
    });
    expect(record.initiator).toBe('syn');
  });

  test('of a delivered tuple gets the dialled one beside its own', () => {
    const record = new Conntrack().add(...MASQUERADED).translate('172.18.0.3:33111>10.2.0.9:8080');
    expect(natOf(record)).toEqual({
      natState: 'translated',
      natSourceAddress: '172.18.0.3',
      natSourcePort: 33111,
      natDestinationAddress: '10.2.0.9',
      natDestinationPort: 8080,
      natCommunityId: '1:observed',
      natOriginalSourceAddress: '10.1.0.7',
      natOriginalSourcePort: 51034,
      natOriginalDestinationAddress: '10.96.0.10',
      natOriginalDestinationPort: 80,
    });
  });

  test('of an entry without translation is none', () => {
    const conntrack = new Conntrack().add('10.1.0.7:1>10.2.0.9:80', '10.2.0.9:80>10.1.0.7:1');
    expect(natOf(conntrack.translate('10.1.0.7:1>10.2.0.9:80'))).toEqual({ natState: 'none' });
  });

  test('that nothing is known of is unresolved, and what an earlier node said of it goes', () => {
    const stale = { natSourceAddress: '1.1.1.1', natSourcePort: 1, natCommunityId: '1:x', natOriginalSourcePort: 2 };
    const record = new Conntrack().translate(SERVICE, { ...stale, initiator: 'guess' });
    expect(natOf(record)).toEqual({ natState: 'unresolved' });
    expect(record.initiator).toBe('guess');
  });

  test('of IPv6 is translated too', () => {
    const conntrack = new Conntrack().add('[fd00::7]:5>[fd00:96::a]:80', '[fd00:2::9]:8080>[fd00::7]:5');
    expect(conntrack.translate('[fd00::7]:5>[fd00:96::a]:80')).toMatchObject({
      natState: 'translated',
      natSourceAddress: 'fd00::7',
      natDestinationAddress: 'fd00:2::9',
      natDestinationPort: 8080,
    });
    expect(conntrack.translate('[fd00:0:0::7]:5>[fd00:2::9]:8080').natOriginalDestinationAddress).toBe('fd00:96::a');
  });

  test('of an echo is translated by its addresses, and has the Community ID of an echo', () => {
    const conntrack = new Conntrack().add('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP });
    const record = conntrack.translate('10.1.0.7>192.0.2.1', { protocolNumber: ICMP, icmpType: 8, icmpCode: 0 });
    expect(natOf(record)).toEqual({
      natState: 'translated',
      natSourceAddress: '172.18.0.3',
      natDestinationAddress: '192.0.2.1',
      natCommunityId: communityIdOf(ICMP, '172.18.0.3>192.0.2.1', [8, 0]),
    });
  });

  test('of an ICMP error is unresolved, also beside an echo', () => {
    const conntrack = new Conntrack().add('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP });
    for (const icmpType of [3, 11, undefined])
      expect(conntrack.translate('192.0.2.1>10.1.0.7', { protocolNumber: ICMP, icmpType }).natState).toBe('unresolved');
  });

  test('of several pings that were translated alike is unresolved where they cannot be told apart', () => {
    const conntrack = new Conntrack()
      .add('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 1 })
      .add('10.1.0.8>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP, id: 2 });
    const echo = { protocolNumber: ICMP, icmpType: 8, icmpCode: 0 };
    expect(natOf(conntrack.translate('172.18.0.3>192.0.2.1', echo))).toEqual({ natState: 'unresolved' });
    expect(conntrack.translate('10.1.0.8>192.0.2.1', echo).natState).toBe('translated');
  });

  test('of a protocol without ports is looked up by its addresses', () => {
    const conntrack = new Conntrack().add('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: 47 });
    const record = conntrack.translate('10.1.0.7>192.0.2.1', { protocolNumber: 47 });
    expect(record).toMatchObject({ natState: 'translated', natSourceAddress: '172.18.0.3', natSourcePort: undefined });
  });
});

describe('who began', () => {
  test('a guess that conntrack confirms is conntrack’s', () => {
    expect(new Conntrack().add(SERVICE, BACKEND).translate(SERVICE, { initiator: 'guess' }).initiator).toBe(
      'conntrack',
    );
  });

  test('a wrong guess is put right, with every directional fact', () => {
    const conntrack = new Conntrack().add(SERVICE, BACKEND);
    const record = conntrack.translate('10.96.0.10:80>10.1.0.7:51034', {
      initiator: 'guess',
      direction: 'ingress',
      bytes: 1,
      reverseBytes: 2,
      packets: 3,
      reversePackets: 4,
      tcpFlags: 5,
      reverseTcpFlags: 6,
      retransmits: 7,
      reverseRetransmits: 8,
      rttNs: 9,
      tunnelSourceAddress: 'a',
      tunnelDestinationAddress: 'b',
    });
    expect(record).toMatchObject({
      sourceAddress: '10.1.0.7',
      sourcePort: 51034,
      destinationAddress: '10.96.0.10',
      destinationPort: 80,
      initiator: 'conntrack',
      direction: 'egress',
      bytes: 2,
      reverseBytes: 1,
      packets: 4,
      reversePackets: 3,
      tcpFlags: 6,
      reverseTcpFlags: 5,
      retransmits: 8,
      reverseRetransmits: 7,
      rttNs: undefined,
      tunnelSourceAddress: 'b',
      tunnelDestinationAddress: 'a',
      natSourceAddress: '10.1.0.7',
      natDestinationAddress: '10.2.0.9',
      natDestinationPort: 8080,
    });
    expect(conntrack.translator.counters().swappedRecords).toBe(1);
  });

  test('an ICMP question put right keeps its Community ID', () => {
    const conntrack = new Conntrack().add('10.1.0.7>192.0.2.1', '192.0.2.1>172.18.0.3', { protocol: ICMP });
    const record = conntrack.translate('192.0.2.1>10.1.0.7', {
      protocolNumber: ICMP,
      icmpType: 0,
      icmpCode: 0,
      initiator: 'guess',
    });
    expect(record).toMatchObject({ sourceAddress: '10.1.0.7', icmpType: 8, natSourceAddress: '172.18.0.3' });
    expect(record.natCommunityId).toBe(communityIdOf(ICMP, '172.18.0.3>192.0.2.1', [8, 0]));
  });

  test('a SYN is believed: the delivered tuple is told the record’s way round', () => {
    const conntrack = new Conntrack().add(...MASQUERADED);
    expect(conntrack.translate('10.96.0.10:80>10.1.0.7:51034')).toMatchObject({
      sourceAddress: '10.96.0.10',
      initiator: 'syn',
      natSourceAddress: '10.2.0.9',
      natSourcePort: 8080,
      natDestinationAddress: '172.18.0.3',
      natDestinationPort: 33111,
    });
    expect(conntrack.translate('10.2.0.9:8080>172.18.0.3:33111')).toMatchObject({
      sourceAddress: '10.2.0.9',
      natSourceAddress: '10.2.0.9',
      natOriginalSourceAddress: '10.96.0.10',
      natOriginalSourcePort: 80,
      natOriginalDestinationAddress: '10.1.0.7',
      natOriginalDestinationPort: 51034,
    });
  });
});

describe('time', () => {
  test('of two entries of a tuple in TIME_WAIT each record gets its own', () => {
    const conntrack = new Conntrack();
    const nowMs = performance.now();
    addAt(conntrack.table, entryOf(SERVICE, BACKEND, { id: 1 }), nowMs - 20_000);
    endAt(conntrack.table, entryOf(SERVICE, BACKEND, { id: 1 }), nowMs - 9_000);
    addAt(conntrack.table, entryOf(SERVICE, '10.2.0.5:8080>10.1.0.7:51034', { id: 2 }), nowMs - 9_000);
    const at = (startAgoMs: number, endAgoMs: number, sequence: number): string | undefined => {
      const ns = (agoMs: number): number => (Date.now() - agoMs) * 1e6;
      return conntrack.translate(SERVICE, { startNs: ns(startAgoMs), endNs: ns(endAgoMs), sequence })
        .natDestinationAddress;
    };
    expect([at(20_000, 9_500, 0), at(15_000, 9_100, 1), at(9_000, 8_000, 0), at(5_000, 1, 3)]).toEqual([
      '10.2.0.9',
      '10.2.0.9',
      '10.2.0.5',
      '10.2.0.5',
    ]);
  });

  test.each([3_600_000, -3_600_000])('a step of the wall clock by %d ms changes nothing', (stepMs) => {
    const conntrack = new Conntrack();
    const nowMs = performance.now();
    addAt(conntrack.table, entryOf(SERVICE, BACKEND, { id: 1 }), nowMs - 20_000);
    endAt(conntrack.table, entryOf(SERVICE, BACKEND, { id: 1 }), nowMs - 9_000);
    addAt(conntrack.table, entryOf(SERVICE, '10.2.0.5:8080>10.1.0.7:51034', { id: 2 }), nowMs - 9_000);
    const realNow = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + stepMs);
    try {
      const startNs = (Date.now() - 15_000) * 1e6;
      const old = conntrack.translate(SERVICE, { startNs, endNs: startNs + 1e9, sequence: 2 });
      const young = conntrack.translate(SERVICE, { sequence: 2 });
      expect([old.natDestinationAddress, young.natDestinationAddress]).toEqual(['10.2.0.9', '10.2.0.5']);
    } finally {
      clock.mockRestore();
    }
  });

  test('events that wait are read once a batch, before a record that they may belong to', () => {
    const conntrack = new Conntrack();
    conntrack.toldUntilMs = performance.now() - 300;
    conntrack.waiting.push(() => conntrack.add(SERVICE, BACKEND, {}, 400));
    const old = Date.now() * 1e6 - 2e9;
    const records = [
      recordOf('10.9.9.9:1>10.9.9.8:2', { startNs: old, endNs: old }),
      recordOf(SERVICE),
      recordOf(SERVICE),
    ];
    conntrack.translator.translateBatch(records.slice(0, 1));
    expect(conntrack.catchUps).toBe(0);
    conntrack.translator.translateBatch(records);
    expect(conntrack.catchUps).toBe(1);
    expect(records.map(({ natState }) => natState)).toEqual(['unresolved', 'translated', 'translated']);
    expect(conntrack.translator.counters().recordsByState).toEqual({ none: 0, translated: 2, unresolved: 2 });
  });
});

describe('odd records', () => {
  const conntrack = new Conntrack().add(SERVICE, BACKEND).add(SERVICE, BACKEND, { protocol: UDP });
  test.each<[string, Partial<FlowRecord>]>([
    ['no address', { sourceAddress: '' }],
    ['no address of the family', { networkType: 'ipv6' }],
    ['a name for an address', { destinationAddress: 'localhost' }],
    ['no ports', { sourcePort: undefined }],
    ['a fragment', { protocolNumber: UDP, sourcePort: undefined, destinationPort: undefined }],
    ['ports out of range', { sourcePort: 70_000 }],
    ['a port that is no number', { sourcePort: NaN }],
    ['a protocol that is none', { protocolNumber: -1 }],
    ['an ICMP type that is none', { protocolNumber: 1, icmpType: 1e9 }],
  ])('%s: unresolved', (_, changes) => {
    expect(natOf(conntrack.translate(SERVICE, changes))).toEqual({ natState: 'unresolved' });
  });

  test.each([
    [NaN, NaN, 'unresolved'],
    [1e30, -5, 'translated'],
    [-Infinity, Infinity, 'translated'],
  ])('times that cannot be do no harm: %d to %d', (startNs, endNs, natState) => {
    expect(conntrack.translate(SERVICE, { startNs, endNs, sequence: -1 }).natState).toBe(natState);
  });
});

describe('hints of packets that were translated and then dropped', () => {
  const HINT = { destinationAddress: '10.2.0.9', destinationPort: 8080, communityId: '1:delivered' };

  test('tell the delivered tuple where conntrack knows nothing', () => {
    const conntrack = new Conntrack({ resolve: () => HINT });
    expect(conntrack.translate(SERVICE)).toMatchObject({
      natState: 'translated',
      natSourceAddress: '10.1.0.7',
      natSourcePort: 51_034,
      natDestinationAddress: '10.2.0.9',
      natDestinationPort: 8080,
      natCommunityId: '1:delivered',
      natOriginalDestinationAddress: undefined,
      initiator: 'syn',
    });
    expect(conntrack.translator.counters().recordsByState).toEqual({ none: 0, translated: 1, unresolved: 0 });
  });

  test('tell nothing of packets that were dropped on their way to where they were sent', () => {
    const conntrack = new Conntrack({
      resolve: () => ({ ...HINT, destinationAddress: '10.96.0.10', destinationPort: 80 }),
    });
    expect(conntrack.translate(SERVICE)).toMatchObject({ natState: 'unresolved', natCommunityId: undefined });
  });

  test('are not asked where conntrack knows', () => {
    const conntrack = new Conntrack({ resolve: () => ({ ...HINT, destinationAddress: '10.9.9.9' }) });
    conntrack.add(SERVICE, BACKEND);
    expect(conntrack.translate(SERVICE)).toMatchObject({ natState: 'translated', natDestinationAddress: '10.2.0.9' });
  });
});
