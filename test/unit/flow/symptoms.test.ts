import { describe, expect, test } from '@jest/globals';
import { SEEN, TCP_FLAG } from '../../../src/model/flow-delta.ts';
import { toSymptomText } from '../../../src/model/flow-symptom.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { clockNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent, tcp } from '../../support/tcp-deltas.ts';

const { ack, psh, rst, syn } = TCP_FLAG;

function symptomsOf(record: FlowRecord | undefined): string {
  expect(record).toBeDefined();
  return toSymptomText(record?.symptoms ?? 0) ?? '';
}

/** What the first interval says of deltas handed over one by one. */
async function examine(...deltas: DeltaSpec[]): Promise<string> {
  const harness = new FlowTableHarness();
  for (const delta of deltas) harness.apply(delta);
  return symptomsOf((await harness.report(10))[0]);
}

describe('repeated SYNs', () => {
  const retriesAt = async (harness: FlowTableHarness, at: number): Promise<number | undefined> =>
    (await harness.report(at))[0]?.synRetries;

  test('are those after the first, in the life of the flow', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(9));
    expect(await retriesAt(harness, 10)).toBeUndefined();
    harness.apply(tcp.syn(12, 2));
    expect(await retriesAt(harness, 20)).toBe(2);
    harness.apply(tcp.synAck(21), tcp.ackOfClient(21.1));
    expect(await retriesAt(harness, 30)).toBe(2);
  });

  test('are of the client alone, and leave no trace in the next record', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(1, 4));
    harness.apply({ protocol: 17, a: '10.0.0.9', aPort: 9, b: '10.0.0.2', bPort: 7, fromA: sent(1, 1) });
    expect((await harness.report(10)).map(({ synRetries }) => synRetries)).toEqual([3, undefined]);
    harness.apply({ protocol: 17, a: '10.0.0.9', aPort: 9, b: '10.0.0.2', bPort: 7, fromA: sent(11, 11) });
    expect(await retriesAt(harness, 20)).toBeUndefined();
  });
});

describe('reset', () => {
  const resetOfClient: DeltaSpec = { ...tcp.pair, fromA: sent(3, 3, { flags: rst }) };

  test('by either side, of a connection that was established or joined midway', async () => {
    expect(await examine(tcp.opened(1), tcp.reset(3))).toBe('reset');
    expect(await examine(tcp.opened(1), resetOfClient)).toBe('reset');
    expect(await examine(tcp.data(1), tcp.reset(3))).toBe('reset');
  });

  test('of an idle connection, whose server sends nothing but the RST', async () => {
    expect(await examine(tcp.ackOfClient(1), tcp.refusal(3))).toBe('reset');
  });

  test('none of a refused, or an abandoned, attempt', async () => {
    expect(await examine(tcp.syn(1), tcp.refusal(1.1))).toBe('');
    expect(await examine(tcp.syn(1), tcp.synAck(1.1), resetOfClient)).toBe('');
  });

  test('none after both have finished; of one that has finished alone it is', async () => {
    expect(await examine(tcp.opened(1), tcp.closed(2), tcp.reset(2.5))).toBe('');
    expect(await examine(tcp.opened(1), tcp.finOfClient(2), tcp.reset(2.5))).toBe('reset');
  });

  test('is told in its interval', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    expect(symptomsOf((await harness.report(10))[0])).toBe('');
    harness.apply(tcp.reset(19.9));
    expect(symptomsOf((await harness.report(20))[0])).toBe('reset');
    harness.apply({ ...tcp.pair, fromA: sent(20.1, 20.1, { flags: ack }) });
    expect(symptomsOf((await harness.report(30))[0])).toBe('');
  });
});

describe('retransmission burst', () => {
  const repeats = (frames: number, retransmits: number, flags = ack | psh): DeltaSpec => ({
    ...tcp.pair,
    fromB: sent(2, 3, { frames, retransmits, flags }),
  });

  test.each([
    [3, 3, 'retransmission_burst'],
    [60, 3, 'retransmission_burst'],
    [61, 3, ''],
    [10, 2, ''],
    [1_000, 49, ''],
    [1_000, 50, 'retransmission_burst'],
  ])('of %d frames %d: "%s"', async (frames, retransmits, expected) => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    await harness.report(10);
    harness.apply(repeats(frames, retransmits));
    expect(symptomsOf((await harness.report(20))[0])).toBe(expected);
  });

  test('of either side, each by its own frames', async () => {
    const both = { ...repeats(10_000, 3), fromA: sent(2, 3, { frames: 20, retransmits: 3, flags: ack | psh }) };
    expect(await examine(tcp.opened(1), both)).toBe('retransmission_burst');
    expect(await examine(tcp.opened(1), { ...both, fromA: sent(2, 3, { frames: 200, flags: ack }) })).toBe('');
  });

  test('repeated SYNs are none, whether answered in the end or not', async () => {
    const at = clockNs(1);
    const fromA = sent(1, 7, { frames: 4, retransmits: 3, flags: syn, seen: SEEN.syn, synCount: 4, synNs: at });
    const lost = { ...tcp.pair, fromA };
    expect(await examine(lost)).toBe('');
    expect(await examine(lost, tcp.synAck(7.1), tcp.ackOfClient(7.2))).toBe('');
    const more = { ...tcp.pair, fromA: sent(8, 9, { frames: 5, retransmits: 3, flags: ack | psh }) };
    expect(await examine(lost, tcp.synAck(7.1), more)).toBe('retransmission_burst');
  });

  test('nor are the SYN-ACKs of an attempt that was given up', async () => {
    const fromB = sent(1, 8, { frames: 4, retransmits: 3, flags: syn | ack, seen: SEEN.synAck, synNs: clockNs(1) });
    expect(await examine(tcp.syn(1), { ...tcp.pair, fromB })).toBe('');
  });
});

describe('zero window', () => {
  test('of either side, in its interval', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), { ...tcp.pair, fromB: sent(2, 2, { flags: ack, seen: SEEN.zeroWindow }) });
    expect(symptomsOf((await harness.report(10))[0])).toBe('zero_window');
    harness.apply(tcp.data(11));
    expect(symptomsOf((await harness.report(20))[0])).toBe('');
    harness.apply({ ...tcp.pair, fromA: sent(21, 21, { flags: ack, seen: SEEN.zeroWindow }) });
    expect(symptomsOf((await harness.report(30))[0])).toBe('zero_window');
  });

  test('stays with its connection when the tuple is used again', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), { ...tcp.pair, fromB: sent(2, 2, { flags: ack, seen: SEEN.zeroWindow }) });
    harness.apply(tcp.reset(2.1));
    harness.apply(tcp.opened(3));
    expect((await harness.report(10)).map(symptomsOf)).toEqual(['reset,zero_window', '']);
  });
});

describe('unanswered', () => {
  const asks = (at: number, b = '10.0.0.2', bPort = 8_125): DeltaSpec => ({
    protocol: 17,
    a: b.includes(':') ? 'fd00::9' : '10.0.0.9',
    aPort: 50_000,
    b,
    bPort,
    fromA: sent(at, at),
  });

  test('one-sided UDP that is a second old', async () => {
    expect(await examine(asks(9.1))).toBe('');
    expect(await examine(asks(9))).toBe('unanswered');
    expect(await examine(asks(1, 'fd00::2'))).toBe('unanswered');
    expect(await examine(asks(1, '10.0.0.2', 53))).toBe('unanswered');
  });

  test('none where an ICMP error says what became of it', async () => {
    const harness = new FlowTableHarness();
    harness.apply(asks(1));
    harness.icmpError(asks(1), 1.1, 3, 3);
    expect(symptomsOf((await harness.report(10))[0])).toBe('');
  });

  test('none of multicast, broadcast, tunnels and what was ever answered', async () => {
    expect(await examine(asks(1, '224.0.0.1'))).toBe('');
    expect(await examine(asks(1, '255.255.255.255'))).toBe('');
    expect(await examine(asks(1, 'ff02::1'))).toBe('');
    expect(await examine(asks(1, '10.0.0.2', 4_789))).toBe('');
    const harness = new FlowTableHarness();
    harness.apply({ ...asks(1), fromB: sent(2, 2) });
    await harness.report(10);
    harness.apply(asks(11));
    expect(symptomsOf((await harness.report(20))[0])).toBe('');
  });
});

describe('packet too big', () => {
  async function examineErrors(
    ...errors: readonly (readonly [DeltaSpec, number, number | undefined])[]
  ): Promise<string> {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), tcp.data(5));
    for (const [spec, code, mtuBytes] of errors) harness.icmpError(spec, 2, 3, code, mtuBytes);
    const [record] = await harness.report(10);
    return `${symptomsOf(record)} ${record?.icmpMtuBytes}`;
  }

  const ofServer: DeltaSpec = { protocol: 6, a: tcp.pair.b, aPort: 50_000, b: tcp.pair.a, bPort: 40_000 };

  test('about either side, with the smallest MTU', async () => {
    expect(await examineErrors([tcp.pair, 4, 1_400])).toBe('packet_too_big 1400');
    expect(await examineErrors([ofServer, 4, 1_400])).toBe('packet_too_big 1400');
    expect(await examineErrors([tcp.pair, 4, 1_400], [ofServer, 4, 1_300], [tcp.pair, 4, 1_350])).toBe(
      'packet_too_big 1300',
    );
  });

  test('of a router that does not tell how big (before RFC 1191)', async () => {
    expect(await examineErrors([tcp.pair, 4, undefined])).toBe('packet_too_big undefined');
    expect(await examineErrors([tcp.pair, 4, 1_400], [tcp.pair, 4, undefined])).toBe('packet_too_big 1400');
  });

  test('none of other errors', async () => {
    expect(await examineErrors([ofServer, 3, undefined])).toBe(' undefined');
  });

  test('is of its interval', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    harness.icmpError(tcp.pair, 2, 3, 4, 1_400);
    await harness.report(10);
    harness.apply(tcp.data(11));
    const [record] = await harness.report(20);
    expect([symptomsOf(record), record?.icmpMtuBytes]).toEqual(['', undefined]);
  });

  test('of IPv6, with an MTU above 16 bits', async () => {
    const spec: DeltaSpec = { protocol: 17, a: 'fd00::9', aPort: 9, b: 'fd00::2', bPort: 7, fromA: sent(1, 1) };
    const harness = new FlowTableHarness();
    harness.apply(spec);
    harness.icmpError(spec, 2, 2, 0, 70_000);
    expect((await harness.report(10))[0]).toMatchObject({ icmpMtuBytes: 70_000, dropReason: 'fragmentation_needed' });
  });
});
