import { describe, expect, test } from '@jest/globals';
import { SEEN, TCP_FLAG } from '../../../src/model/flow-delta.ts';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { clockNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent, tcp } from '../../support/tcp-deltas.ts';

const LOW = '10.0.0.1';
const HIGH = '10.0.0.2';

async function orient(...specs: DeltaSpec[]): Promise<string> {
  const harness = new FlowTableHarness();
  for (const spec of specs) harness.apply(spec);
  const [record] = await harness.report(10);
  return `${record?.sourceAddress} ${record?.initiator}`;
}

function udp(
  lowPort: number,
  highPort: number,
  lowFirst: number | undefined,
  highFirst: number | undefined,
): DeltaSpec {
  return {
    protocol: 17,
    a: LOW,
    aPort: lowPort,
    b: HIGH,
    bPort: highPort,
    ...(lowFirst === undefined ? {} : { fromA: sent(lowFirst, 5) }),
    ...(highFirst === undefined ? {} : { fromB: sent(highFirst, 5) }),
  };
}

describe('guess of the initiator', () => {
  test.each([
    // [ports of the low and the high address, first frame of each, client]
    ['well-known beats registered', udp(53, 8080, 1, 2), HIGH],
    ['well-known beats ephemeral', udp(45_000, 443, 2, 1), LOW],
    ['registered beats ephemeral', udp(8080, 40_000, 1, 2), HIGH],
    ['borders: 1023 is well-known, 1024 registered', udp(1023, 1024, 1, 2), HIGH],
    ['borders: 32767 is registered, 32768 ephemeral', udp(32_768, 32_767, 2, 1), LOW],
    ['same class: the earlier frame', udp(8080, 9090, 2, 1), HIGH],
    ['same class, earlier the other way', udp(8080, 9090, 1, 2), LOW],
    ['same class: only one has sent', udp(8080, 9090, undefined, 2), HIGH],
    ['tie: the lower address', udp(40_000, 50_000, 1, 1), LOW],
  ])('%s', async (_name, spec, client) => {
    expect(await orient(spec)).toBe(`${client} guess`);
  });

  test.each([
    [1, 8, 0],
    [1, 13, 14],
    [1, 15, 16],
    [1, 10, 9],
    [1, 17, 18],
  ])('ICMP protocol %d: the sender of type %d is the client, whoever was seen first', async (protocol, ask, answer) => {
    const ends = { protocol, a: HIGH, b: LOW, aPort: ask, bPort: answer };
    expect(await orient({ ...ends, fromB: sent(1, 1) })).toBe(`${HIGH} guess`);
    expect(await orient({ ...ends, a: LOW, b: HIGH, fromA: sent(2, 2), fromB: sent(1, 1) })).toBe(`${LOW} guess`);
  });

  test.each([128, 130, 133, 135, 139, 144])('ICMPv6 type %d asks', async (type) => {
    const spec = { protocol: 58, a: 'fe80::2', b: 'fe80::1', aPort: type, bPort: type + 1, fromB: sent(1, 1) };
    expect(await orient(spec)).toBe('fe80::2 guess');
  });

  test('one-way ICMP: the sender, with type and code', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ protocol: 1, kind: 'icmpOneWay', a: HIGH, b: LOW, aPort: 3, bPort: 1, fromA: sent(1, 1) });
    const [record] = await harness.report(10);
    expect(record).toMatchObject({ sourceAddress: HIGH, initiator: 'guess', icmpType: 3, icmpCode: 1, packets: 1 });
    expect([record?.sourcePort, record?.destinationPort]).toEqual([undefined, undefined]);
  });

  test('two-way ICMP tells the type of the initiator', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ protocol: 1, a: HIGH, b: LOW, aPort: 8, bPort: 0, fromA: sent(1, 1), fromB: sent(2, 2) });
    expect((await harness.report(10))[0]).toMatchObject({ icmpType: 8, icmpCode: 0, transport: 'icmp' });
  });

  test('is made at the first report, not at the first delta', async () => {
    const first = udp(40_000, 50_000, 3, undefined);
    expect(await orient(first, udp(40_000, 50_000, undefined, 2))).toBe(`${HIGH} guess`);
  });

  test('stays: later frames do not turn the flow round', async () => {
    const harness = new FlowTableHarness();
    harness.apply(udp(40_000, 50_000, undefined, 1));
    await harness.report(10);
    harness.apply(udp(40_000, 50_000, 11, 12));
    expect((await harness.report(20))[0]).toMatchObject({ sourceAddress: HIGH, event: 'update', sequence: 1 });
  });

  test('fragments have no ports', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ protocol: 17, kind: 'fragment', a: HIGH, b: LOW, fromA: sent(1, 1) });
    const [record] = await harness.report(10);
    expect(record).toMatchObject({ sourceAddress: HIGH, transport: 'udp', communityId: expect.stringMatching(/^1:/) });
    expect([record?.sourcePort, record?.destinationPort]).toEqual([undefined, undefined]);
  });

  test('fragments of TCP tell no TCP facts', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ protocol: 6, kind: 'fragment', a: HIGH, b: LOW, fromA: sent(1, 1) });
    expect((await harness.report(10))[0]).toMatchObject({ tcpFlags: undefined, connectionState: undefined });
  });
});

describe('initiator by SYN', () => {
  const { syn, ack } = TCP_FLAG;

  test('the sender of the SYN, against ports and time', async () => {
    const spec: DeltaSpec = {
      protocol: 6,
      a: LOW,
      aPort: 80,
      b: HIGH,
      bPort: 40_000,
      fromA: sent(3, 3, { flags: syn, seen: SEEN.syn, synCount: 1, synNs: clockNs(3) }),
      fromB: sent(1, 1, { flags: ack }),
    };
    expect(await orient(spec)).toBe(`${LOW} syn`);
  });

  test('the peer of the sender of a SYN-ACK, when the SYN was missed', async () => {
    expect(await orient(tcp.synAck(1))).toBe(`${tcp.pair.a} syn`);
  });

  test('of two SYNs the earlier (simultaneous open)', async () => {
    const both = (lowAt: number, highAt: number): DeltaSpec => ({
      protocol: 6,
      a: LOW,
      aPort: 1000,
      b: HIGH,
      bPort: 1000,
      fromA: sent(lowAt, 5, { flags: syn | ack, seen: SEEN.syn | SEEN.synAck, synCount: 1, synNs: clockNs(lowAt) }),
      fromB: sent(highAt, 5, { flags: syn | ack, seen: SEEN.syn | SEEN.synAck, synCount: 1, synNs: clockNs(highAt) }),
    });
    expect(await orient(both(2, 1))).toBe(`${HIGH} syn`);
    expect(await orient(both(1, 2))).toBe(`${LOW} syn`);
  });

  test('a SYN in a later delta than the first still orients the flow before its first report', async () => {
    expect(await orient(tcp.synAck(1.05), tcp.syn(1))).toBe(`${tcp.pair.a} syn`);
  });

  test('SYN bits of other protocols mean nothing', async () => {
    const spec = udp(53, 50_000, 1, undefined);
    expect(await orient({ ...spec, fromA: { ...sent(1, 1), seen: SEEN.syn, flags: syn } })).toBe(`${HIGH} guess`);
  });
});
