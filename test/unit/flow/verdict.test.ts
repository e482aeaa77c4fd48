import { describe, expect, test } from '@jest/globals';
import { SEEN, TCP_FLAG } from '../../../src/model/flow-delta.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { clockNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent, tcp } from '../../support/tcp-deltas.ts';

function toOutcome(record: FlowRecord | undefined): string {
  return [record?.verdict, record?.dropReason, record?.dropPackets, record?.dropBytes].join(' ');
}

async function judge(...deltas: DeltaSpec[]): Promise<string> {
  const harness = new FlowTableHarness();
  for (const delta of deltas) harness.apply(delta);
  return toOutcome((await harness.report(10))[0]);
}

const NONE = ' '.repeat(3);

describe('verdict of TCP', () => {
  test('RST to SYN: connection refused', async () => {
    expect(await judge(tcp.syn(1), tcp.refusal(1.01))).toBe('rejected connection_refused 1 100');
  });

  test('RST to each of two SYNs, in one delta', async () => {
    const { a, b } = tcp.pair;
    const fromA = sent(1, 2, { frames: 2, flags: TCP_FLAG.syn, seen: SEEN.syn, synCount: 2, synNs: clockNs(1) });
    const fromB = sent(1.01, 2.01, { frames: 2, flags: TCP_FLAG.rst | TCP_FLAG.ack });
    expect(await judge({ ...tcp.pair, a, b, fromA, fromB })).toBe('rejected connection_refused 2 200');
  });

  test('RST after SYN-ACK or data is none', async () => {
    expect(await judge(tcp.opened(1), tcp.reset(2))).toBe(`forwarded${NONE}`);
    expect(await judge(tcp.syn(1), tcp.synAck(1.1), tcp.reset(2))).toBe(`forwarded${NONE}`);
    expect(await judge(tcp.data(1), tcp.reset(2))).toBe(`forwarded${NONE}`);
  });

  test('RST of the client itself is none', async () => {
    const gaveUp = { ...tcp.pair, fromA: sent(1.2, 1.2, { flags: TCP_FLAG.rst }) };
    expect(await judge(tcp.syn(1), tcp.synAck(1.1), gaveUp)).toBe(`forwarded${NONE}`);
  });

  test('SYN unanswered: unknown while young, dropped after a second or a second SYN', async () => {
    expect(await judge(tcp.syn(9.5))).toBe(`unknown${NONE}`);
    expect(await judge(tcp.syn(9))).toBe('dropped syn_unanswered 1 100');
    expect(await judge(tcp.syn(9.5, 2))).toBe('dropped syn_unanswered 2 200');
    expect(await judge(tcp.syn(9.5), tcp.syn(9.6))).toBe('dropped syn_unanswered 2 200');
  });

  test('unanswered in one interval and in the next, then answered', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(9.9));
    expect(toOutcome((await harness.report(10))[0])).toBe(`unknown${NONE}`);
    harness.apply(tcp.syn(10.9));
    expect(toOutcome((await harness.report(20))[0])).toBe('dropped syn_unanswered 1 100');
    harness.apply(tcp.syn(22.9), tcp.synAck(23), tcp.ackOfClient(23.1));
    expect(toOutcome((await harness.report(30))[0])).toBe(`forwarded${NONE}`);
  });

  test('a client that acknowledges was answered, though only one direction is seen', async () => {
    expect(await judge(tcp.syn(1), tcp.ackOfClient(2))).toBe(`forwarded${NONE}`);
  });

  test('later frames of a refused connection stay rejected', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(9.8), tcp.refusal(9.9));
    await harness.report(10);
    harness.apply(tcp.refusal(10.1));
    const [record] = await harness.report(20);
    expect(toOutcome(record)).toBe('rejected connection_refused 0 0');
    expect(record).toMatchObject({ event: 'end', sequence: 1 });
  });

  test('a refused client that tries again from the same port begins a new flow', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(1), tcp.refusal(1.01));
    harness.apply(tcp.syn(1.5), tcp.refusal(1.51));
    expect((await harness.report(10)).map(toOutcome)).toEqual(
      Array.from({ length: 2 }, () => 'rejected connection_refused 1 100'),
    );
  });
});

describe('verdict of UDP that one side alone sends', () => {
  const asks = (b: string, bPort: number, at = 1): DeltaSpec => ({
    protocol: 17,
    a: b.includes(':') ? 'fd00::9' : '10.0.0.9',
    aPort: 50_000,
    b,
    bPort,
    fromA: sent(at, at, { frames: 2 }),
  });
  const answered = (spec: DeltaSpec, at: number): DeltaSpec => {
    const { fromA: _, ...pair } = spec;
    return { ...pair, fromB: sent(at, at) };
  };

  test.each(['10.0.0.2', '10.0.0.255', '223.255.255.255', '127.0.0.1', 'fd00::2', 'fe80::1'])(
    'to %s: unknown',
    async (address) => {
      expect(await judge(asks(address, 8_125))).toBe(`unknown${NONE}`);
    },
  );

  test.each(['224.0.0.251', '239.255.255.250', '255.255.255.255', 'ff02::fb'])(
    'to %s, which no one host answers: forwarded',
    async (address) => {
      expect(await judge(asks(address, 5_353))).toBe(`forwarded${NONE}`);
      expect(await judge(asks(address, 53))).toBe(`forwarded${NONE}`);
    },
  );

  test.each([4_789, 8_472, 6_081])(
    'to port %d of a tunnel, whose other way is another flow: forwarded',
    async (port) => {
      expect(await judge(asks('10.0.0.2', port))).toBe(`forwarded${NONE}`);
    },
  );

  test('a DNS query: unknown for two seconds, then dropped', async () => {
    expect(await judge(asks('10.0.0.2', 53, 8.1))).toBe(`unknown${NONE}`);
    expect(await judge(asks('10.0.0.2', 53, 8))).toBe('dropped dns_unanswered 2 200');
    expect(await judge(asks('fd00::2', 53, 1))).toBe('dropped dns_unanswered 2 200');
  });

  test('a DNS query repeated in the next interval, then answered', async () => {
    const harness = new FlowTableHarness();
    const query = asks('10.0.0.2', 53, 9);
    harness.apply(query);
    expect(toOutcome((await harness.report(10))[0])).toBe(`unknown${NONE}`);
    harness.apply({ ...query, fromA: sent(14, 14) });
    expect(toOutcome((await harness.report(20))[0])).toBe('dropped dns_unanswered 1 100');
    harness.apply(answered(query, 21));
    expect(toOutcome((await harness.report(30))[0])).toBe(`forwarded${NONE}`);
    harness.apply({ ...query, fromA: sent(31, 31) });
    expect(toOutcome((await harness.report(40))[0])).toBe(`forwarded${NONE}`);
  });

  test('DNS over TCP, and a lone answer of a DNS server, are no unanswered queries', async () => {
    expect(await judge({ ...asks('10.0.0.2', 53), protocol: 6 })).toBe(`forwarded${NONE}`);
    expect(await judge(answered(asks('10.0.0.2', 53), 1))).toBe(`forwarded${NONE}`);
  });

  test('an ICMP error says more', async () => {
    const harness = new FlowTableHarness();
    harness.apply(asks('10.0.0.2', 53));
    harness.icmpError(asks('10.0.0.2', 53), 1.1, 3, 3);
    expect(toOutcome((await harness.report(10))[0])).toBe('rejected port_unreachable 2 200');
  });

  test.each([1, 47, 50, 132])('protocol %d that one side alone sends is forwarded', async (protocol) => {
    expect(await judge({ ...asks('10.0.0.2', 53), protocol })).toBe(`forwarded${NONE}`);
  });

  test('later fragments, whose ports are not known, are forwarded', async () => {
    const { aPort: _a, bPort: _b, ...pair } = asks('10.0.0.2', 0);
    expect(await judge({ ...pair, kind: 'fragment' })).toBe(`forwarded${NONE}`);
  });
});

describe('verdict by ICMP errors', () => {
  const udp4: DeltaSpec = { protocol: 17, a: '10.0.0.9', aPort: 50_000, b: '10.0.0.2', bPort: 7_000 };
  const udp6: DeltaSpec = { protocol: 17, a: 'fd00::9', aPort: 50_000, b: 'fd00::2', bPort: 7_000 };
  const asked = (spec: DeltaSpec): DeltaSpec => ({ ...spec, fromA: sent(1, 1.5, { frames: 2 }) });

  async function judgeError(spec: DeltaSpec, type: number, code: number): Promise<string> {
    const harness = new FlowTableHarness();
    harness.icmpError(spec, 1.2, type, code);
    harness.apply(asked(spec));
    const [record] = await harness.report(10);
    expect(harness.table.counters()).toMatchObject({ icmpErrorsMatched: 1, icmpErrorsUnmatched: 0 });
    return toOutcome(record);
  }

  test.each([
    [3, 0, 'rejected network_unreachable 2 200'],
    [3, 1, 'rejected host_unreachable 2 200'],
    [3, 2, 'rejected protocol_unreachable 2 200'],
    [3, 3, 'rejected port_unreachable 2 200'],
    [3, 4, 'dropped fragmentation_needed 2 200'],
    [3, 5, 'rejected source_route_failed 2 200'],
    [3, 6, 'rejected network_unreachable 2 200'],
    [3, 7, 'rejected host_unreachable 2 200'],
    [3, 8, 'rejected host_unreachable 2 200'],
    [3, 9, 'rejected admin_prohibited 2 200'],
    [3, 10, 'rejected admin_prohibited 2 200'],
    [3, 11, 'rejected network_unreachable 2 200'],
    [3, 12, 'rejected host_unreachable 2 200'],
    [3, 13, 'rejected admin_prohibited 2 200'],
    [3, 14, 'rejected admin_prohibited 2 200'],
    [3, 15, 'rejected admin_prohibited 2 200'],
    [3, 16, 'rejected host_unreachable 2 200'],
    [11, 0, 'dropped ttl_exceeded 2 200'],
    [11, 1, `unknown${NONE}`],
    [12, 0, `unknown${NONE}`],
    [1, 0, `unknown${NONE}`],
  ])('ICMP %d/%d: %s', async (type, code, outcome) => {
    expect(await judgeError(udp4, type, code)).toBe(outcome);
  });

  test.each([
    [1, 0, 'rejected network_unreachable 2 200'],
    [1, 1, 'rejected admin_prohibited 2 200'],
    [1, 2, 'rejected host_unreachable 2 200'],
    [1, 3, 'rejected host_unreachable 2 200'],
    [1, 4, 'rejected port_unreachable 2 200'],
    [1, 5, 'rejected admin_prohibited 2 200'],
    [1, 6, 'rejected reject_route 2 200'],
    [1, 200, 'rejected host_unreachable 2 200'],
    [1, 7, 'rejected source_route_failed 2 200'],
    [2, 0, 'dropped fragmentation_needed 2 200'],
    [2, 9, 'dropped fragmentation_needed 2 200'],
    [3, 0, 'dropped ttl_exceeded 2 200'],
    [3, 1, `unknown${NONE}`],
    [4, 0, `unknown${NONE}`],
    [4, 1, 'rejected protocol_unreachable 2 200'],
    [4, 2, `unknown${NONE}`],
    [11, 0, `unknown${NONE}`],
  ])('ICMPv6 %d/%d: %s', async (type, code, outcome) => {
    expect(await judgeError(udp6, type, code)).toBe(outcome);
  });

  test('beats syn_unanswered', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(1, 3));
    harness.icmpError(tcp.pair, 1.1, 3, 13);
    expect(toOutcome((await harness.report(10))[0])).toBe('rejected admin_prohibited 3 300');
  });

  test('an error about a packet of the server is no verdict on the attempt', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ ...asked(udp4), fromB: sent(2, 2) });
    const ofServer = { ...udp4, a: udp4.b, aPort: 7_000, b: udp4.a, bPort: 50_000 };
    harness.icmpError(ofServer, 2.1, 3, 3);
    expect(toOutcome((await harness.report(10))[0])).toBe(`forwarded${NONE}`);
    expect(harness.table.counters().icmpErrorsMatched).toBe(1);
  });

  test('packets too big: of the interval, and of a server that is silent', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    harness.icmpError(tcp.pair, 2.2, 3, 4, 1_400);
    expect(toOutcome((await harness.report(10))[0])).toBe('dropped fragmentation_needed 3 300');
    harness.apply({ ...tcp.pair, fromA: sent(12, 12, { flags: TCP_FLAG.ack }) });
    expect(toOutcome((await harness.report(20))[0])).toBe(`forwarded${NONE}`);
    harness.apply({ ...tcp.pair, fromA: sent(21, 22, { flags: TCP_FLAG.ack }) });
    harness.icmpError(tcp.pair, 22, 3, 4, 1_400);
    expect(toOutcome((await harness.report(30))[0])).toBe('dropped fragmentation_needed 1 100');
  });

  test('packets too big of an exchange that goes on are no drop, though the error is read late', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), tcp.data(2));
    harness.icmpError(tcp.pair, 2.2, 3, 4, 1_400);
    expect(toOutcome((await harness.report(10))[0])).toBe(`forwarded${NONE}`);
  });

  test('an answer after the error outweighs it; silence does not', async () => {
    const harness = new FlowTableHarness();
    harness.apply(asked(udp4));
    harness.icmpError(udp4, 1.2, 3, 3);
    await harness.report(10);
    harness.apply({ ...udp4, fromA: sent(12, 12) });
    expect(toOutcome((await harness.report(20))[0])).toBe('rejected port_unreachable 1 100');
    harness.apply({ ...udp4, fromA: sent(22, 22), fromB: sent(23, 23) });
    expect(toOutcome((await harness.report(30))[0])).toBe(`forwarded${NONE}`);
  });

  test('an error read before its flow is handed over waits one report, then is counted', async () => {
    const harness = new FlowTableHarness();
    harness.icmpError(udp4, 9.99, 3, 3);
    harness.icmpError({ ...udp4, aPort: 1 }, 9.99, 3, 3);
    await harness.report(10);
    expect(harness.table.counters()).toMatchObject({ icmpErrorsMatched: 0, icmpErrorsUnmatched: 0 });
    harness.apply({ ...udp4, fromA: sent(9.98, 9.98) });
    expect(toOutcome((await harness.report(20))[0])).toBe('rejected port_unreachable 1 100');
    expect(harness.table.counters()).toMatchObject({ icmpErrorsMatched: 1, icmpErrorsUnmatched: 1 });
  });

  test('keys of the wrong length, and more than there is room for, are counted unmatched', async () => {
    const harness = new FlowTableHarness();
    harness.table.applyIcmpError({
      timeNs: 0,
      point: 0,
      family: 'ipv6',
      quotedKey: new Uint8Array(40),
      quotedSide: 0,
      type: 1,
      code: 0,
      mtuBytes: undefined,
      reporterAddress: '::',
    });
    expect(harness.table.counters().icmpErrorsUnmatched).toBe(1);
    for (let i = 0; i < 20_000; i++) harness.icmpError({ ...udp4, aPort: i }, 1, 3, 3);
    const refused = harness.table.counters().icmpErrorsUnmatched;
    expect(refused).toBeGreaterThan(1);
    await harness.stop(2);
    expect(harness.table.counters().icmpErrorsUnmatched).toBe(20_001);
  });

  test('the quoted key may be a view into memory that is used again', async () => {
    const harness = new FlowTableHarness();
    const key = Buffer.alloc(20);
    harness.apply({ protocol: 17, a: '1.1.1.1', aPort: 7, b: '2.2.2.2', bPort: 9, fromA: sent(1, 1) });
    key.set([1, 1, 1, 1, 2, 2, 2, 2, 7, 0, 9, 0, 17, 0, 0, 0]);
    harness.table.applyIcmpError({
      timeNs: 1.7e18,
      point: 0,
      family: 'ipv4',
      quotedKey: key,
      quotedSide: 0,
      type: 3,
      code: 1,
      mtuBytes: undefined,
      reporterAddress: '2.2.2.2',
    });
    key.fill(0);
    expect(toOutcome((await harness.report(10))[0])).toBe('rejected host_unreachable 1 100');
  });
});
