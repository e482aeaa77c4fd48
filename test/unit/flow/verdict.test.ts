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

describe('verdict by ICMP errors', () => {
  const udp4: DeltaSpec = { protocol: 17, a: '10.0.0.9', aPort: 50_000, b: '10.0.0.2', bPort: 53 };
  const udp6: DeltaSpec = { protocol: 17, a: 'fd00::9', aPort: 50_000, b: 'fd00::2', bPort: 53 };
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
    [3, 4, `forwarded${NONE}`],
    [3, 5, 'rejected source_route_failed 2 200'],
    [3, 6, 'rejected network_unreachable 2 200'],
    [3, 7, 'rejected host_unreachable 2 200'],
    [3, 8, 'rejected host_unreachable 2 200'],
    [3, 9, 'rejected admin_prohibited 2 200'],
    [3, 10, 'rejected admin_prohibited 2 200'],
    [3, 11, 'rejected network_unreachable 2 200'],
    [3, 12, 'rejected host_unreachable 2 200'],
    [3, 13, 'rejected admin_prohibited 2 200'],
    [3, 15, 'rejected host_unreachable 2 200'],
    [11, 0, 'dropped ttl_exceeded 2 200'],
    [11, 1, `forwarded${NONE}`],
    [12, 0, `forwarded${NONE}`],
    [1, 0, `forwarded${NONE}`],
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
    [2, 0, `forwarded${NONE}`],
    [3, 0, 'dropped ttl_exceeded 2 200'],
    [4, 1, `forwarded${NONE}`],
    [11, 0, `forwarded${NONE}`],
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
    const ofServer = { ...udp4, a: udp4.b, aPort: 53, b: udp4.a, bPort: 50_000 };
    harness.icmpError(ofServer, 2.1, 3, 3);
    expect(toOutcome((await harness.report(10))[0])).toBe(`forwarded${NONE}`);
    expect(harness.table.counters().icmpErrorsMatched).toBe(1);
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
