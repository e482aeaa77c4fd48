import { describe, expect, test } from '@jest/globals';
import { POINT_IS_TUNNEL, SEEN } from '../../../src/model/flow-delta.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { ObservationPoint } from '../../../src/model/observation-point.ts';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent } from '../../support/tcp-deltas.ts';

const LAST_POINT = 0xffff_ffff;

function point(interfaceName: string, more: Partial<ObservationPoint> = {}): ObservationPoint {
  return { interfaceName, side: 'host', podUid: undefined, tunnel: undefined, ...more };
}

/** UDP from a (side 1, the higher address) to b. */
const QUERY: DeltaSpec = { protocol: 17, a: '10.0.0.9', aPort: 50_000, b: '10.0.0.2', bPort: 53 };
const QUERY6: DeltaSpec = { ...QUERY, a: 'fd00::9', b: 'fd00::2' };

function harnessWith(points: Readonly<Record<number, ObservationPoint>>): FlowTableHarness {
  return new FlowTableHarness({ resolvePoint: (number) => points[number] ?? point(`unknown ${number}`) });
}

function toText({ interfaceName, direction, packets, reversePackets }: FlowRecord): string {
  return `${interfaceName} ${direction} ${packets}+${reversePackets}`;
}

describe('observation points', () => {
  test.each([
    ['IPv4', QUERY],
    ['IPv6', QUERY6],
  ])('one tuple seen at two points is two flows, each told with its own name and side: %s', async (_name, spec) => {
    const harness = harnessWith({
      7: point('veth7', { podUid: 'client' }),
      [LAST_POINT]: point('eth0', { side: 'pod' }),
    });
    const fromA = sent(1, 1, { seen: SEEN.incoming });
    harness.apply({ ...spec, point: 7, fromA });
    harness.apply({ ...spec, point: LAST_POINT, fromA, fromB: sent(2, 2, { seen: SEEN.outgoing }) });
    harness.apply({ ...spec, point: 7, fromA });
    const records = await harness.report(10);
    expect(records.map(toText).toSorted()).toEqual(['eth0 ingress 1+1', 'veth7 egress 2+0']);
    expect(new Set(records.map((record) => record.podUid))).toEqual(new Set(['client', undefined]));
    expect(new Set(records.map((record) => record.communityId)).size).toBe(1);
    expect(harness.table.counters().activeFlows).toBe(2);
  });

  test('what is learnt of a point later shows in later records of a flow', async () => {
    const points = { 7: point('veth7') };
    const harness = harnessWith(points);
    harness.apply({ ...QUERY, point: 7, fromA: sent(1, 1) });
    const [before] = await harness.report(10);
    points[7] = point('eth0', { podUid: 'late' });
    harness.apply({ ...QUERY, point: 7, fromA: sent(11, 11) });
    const [after] = await harness.report(20);
    expect([before?.podUid, after?.podUid]).toEqual([undefined, 'late']);
    expect([before?.interfaceName, after?.interfaceName]).toEqual(['veth7', 'eth0']);
    expect(after?.flowId).toBe(before?.flowId);
  });

  test("a tunnel's ends are told on the side of source and destination", async () => {
    const tunnel = { type: 'vxlan', id: 42, address0: '192.0.2.2', address1: '192.0.2.9' } as const;
    const number = POINT_IS_TUNNEL + 3;
    const harness = harnessWith({ [number]: point('eth1', { tunnel }) });
    // The client is side 1 of the first flow, and side 0 of the second.
    harness.apply({ ...QUERY, point: number, fromA: sent(1, 1) });
    harness.apply({ ...QUERY, a: '10.0.0.1', point: number, fromA: sent(1, 1) });
    harness.apply({ ...QUERY, point: 7, fromA: sent(1, 1) });
    const records = await harness.report(10);
    const ends = records.map((r) => [r.sourceAddress, r.tunnelSourceAddress, r.tunnelDestinationAddress, r.tunnelId]);
    expect(ends).toEqual([
      ['10.0.0.9', '192.0.2.9', '192.0.2.2', 42],
      ['10.0.0.1', '192.0.2.2', '192.0.2.9', 42],
      ['10.0.0.9', undefined, undefined, undefined],
    ]);
    expect(records.map((record) => record.tunnelType)).toEqual(['vxlan', 'vxlan', undefined]);
    // The record that is filled first told of a tunnel before.
    harness.apply({ ...QUERY, point: 7, fromA: sent(11, 11) });
    const { tunnelType, tunnelId, tunnelSourceAddress, tunnelDestinationAddress } = (await harness.report(20))[0]!;
    expect([tunnelType, tunnelId, tunnelSourceAddress, tunnelDestinationAddress]).toEqual(Array(4).fill(undefined));
  });

  test('an ICMP error is of the flow at its own point only', async () => {
    const harness = harnessWith({ 1: point('veth1'), 2: point('veth2') });
    for (const number of [1, 2]) harness.apply({ ...QUERY, point: number, fromA: sent(1, 1) });
    harness.icmpError({ ...QUERY, point: 2 }, 2, 3, 3);
    harness.icmpError({ ...QUERY, point: 3 }, 2, 3, 3);
    const records = await harness.report(10);
    expect(records.map((record) => `${record.interfaceName} ${record.dropReason}`).toSorted()).toEqual([
      'veth1 dns_unanswered',
      'veth2 port_unreachable',
    ]);
    await harness.stop(20);
    expect(harness.table.counters()).toMatchObject({ icmpErrorsMatched: 1, icmpErrorsUnmatched: 1 });
  });
});
