import { describe, expect, test } from '@jest/globals';
import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import { SEEN, TCP_FLAG } from '../../../src/model/flow-delta.ts';
import { clockNs, epochNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent, tcp } from '../../support/tcp-deltas.ts';

describe('TCP connections', () => {
  test('one that begins and ends within an interval is one end record', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.short(1));
    expect(await harness.report(10)).toEqual([
      {
        ...createFlowRecord(),
        flowId: 'test-0',
        sequence: 0,
        event: 'end',
        endReason: 'end_of_flow_detected',
        intervalStartNs: epochNs(0),
        intervalEndNs: epochNs(10),
        startNs: epochNs(1),
        endNs: expect.closeTo(epochNs(1.1), -4),
        communityId: expect.any(String),
        direction: 'unknown',
        initiator: 'syn',
        sourceAddress: '10.0.0.9',
        sourcePort: 40_000,
        destinationAddress: '10.0.0.2',
        destinationPort: 50_000,
        transport: 'tcp',
        networkType: 'ipv4',
        protocolNumber: 6,
        interfaceName: 'eth0',
        connectionState: 'time_wait',
        bytes: 400,
        packets: 4,
        reverseBytes: 300,
        reversePackets: 3,
        tcpFlags: 27,
        reverseTcpFlags: 19,
        retransmits: 0,
        reverseRetransmits: 0,
        handshakeNs: 50_000_000,
        rttNs: undefined,
        icmpType: undefined,
        icmpCode: undefined,
        verdict: 'forwarded',
        dropReason: undefined,
        dropPackets: undefined,
        dropBytes: undefined,
        samplingRate: 1,
      },
    ]);
    expect(harness.table.counters()).toMatchObject({ activeFlows: 0, startedFlows: 1 });
  });

  test('start, update, end; counters are deltas, flags those of the interval', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    const [start] = await harness.report(10);
    harness.apply(tcp.data(11), tcp.data(12));
    const [update] = await harness.report(20);
    harness.apply(tcp.closed(21));
    const [end] = await harness.report(30);
    expect(start).toMatchObject({
      event: 'start',
      sequence: 0,
      packets: 3,
      tcpFlags: 26,
      connectionState: 'established',
    });
    expect(update).toMatchObject({ event: 'update', sequence: 1, packets: 2, reverseBytes: 200, tcpFlags: 24 });
    expect(end).toMatchObject({
      event: 'end',
      sequence: 2,
      packets: 2,
      endReason: 'end_of_flow_detected',
      tcpFlags: 17,
    });
    expect(new Set([start, update, end].map((record) => record?.flowId))).toEqual(new Set(['test-0']));
    expect(update?.endReason).toBeUndefined();
    expect(update?.startNs).toBe(epochNs(11));
    expect(update?.endNs).toBe(epochNs(12));
  });

  test('retransmits and round trip are of their interval', async () => {
    const harness = new FlowTableHarness();
    const data = tcp.data(1);
    harness.apply({
      ...data,
      fromA: { ...data.fromA!, retransmits: 3, ackDelayKns: 7 },
      fromB: { ...data.fromB!, retransmits: 1, ackDelayKns: 200 },
    });
    const [first] = await harness.report(10);
    harness.apply(tcp.data(11));
    const [second] = await harness.report(20);
    // Guessed by time: side 0 (the lower address, end b) is the client here.
    expect(first).toMatchObject({ sourceAddress: tcp.pair.b, retransmits: 1, reverseRetransmits: 3, rttNs: 7 * 1_024 });
    expect(second).toMatchObject({ retransmits: 0, reverseRetransmits: 0, rttNs: undefined });
  });

  test('the handshake is told once, also when it spans two intervals', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(9.99));
    expect((await harness.report(10))[0]?.handshakeNs).toBeUndefined();
    harness.apply(tcp.synAck(10.04), tcp.ackOfClient(10.05));
    expect((await harness.report(20))[0]).toMatchObject({ handshakeNs: 50_000_000, connectionState: 'established' });
    harness.apply(tcp.data(21));
    expect((await harness.report(30))[0]?.handshakeNs).toBeUndefined();
  });

  test('a handshake across a step of the wall clock is measured on the clock of the packets', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(9.99));
    await harness.report(10);
    harness.stepNs = -3600e9;
    harness.apply(tcp.synAck(10.04));
    expect((await harness.report(20))[0]?.handshakeNs).toBe(50_000_000);
  });

  test('the handshake counts from the first of several SYNs', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(1));
    harness.apply(tcp.syn(2), tcp.synAck(2.05));
    expect((await harness.report(10))[0]?.handshakeNs).toBe(1_050_000_000);
  });

  test('a handshake is never negative', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(2), tcp.synAck(1));
    expect((await harness.report(10))[0]?.handshakeNs).toBeUndefined();
  });

  test.each([
    ['SYN', [tcp.syn(1)], 'syn_sent'],
    ['SYN and SYN-ACK', [tcp.syn(1), tcp.synAck(2)], 'syn_received'],
    ['SYN-ACK only', [tcp.synAck(2)], 'syn_received'],
    ['handshake', [tcp.opened(1)], 'established'],
    ['data without SYN', [tcp.data(1)], 'established'],
    ['SYN and ACK of a client whose server is not seen', [tcp.syn(1), tcp.ackOfClient(2)], 'established'],
    ['FIN of the client', [tcp.opened(1), tcp.finOfClient(2)], 'fin_wait_1'],
    ['FIN of the server', [tcp.opened(1), tcp.finOfServer(2)], 'close_wait'],
    ['both FINs, late frames awaited', [tcp.opened(1), tcp.closed(9.5)], 'closing'],
    ['both FINs, quiet', [tcp.opened(1), tcp.closed(5)], 'time_wait'],
    ['RST', [tcp.opened(1), tcp.reset(2)], 'closed'],
  ])('state after %s', async (_name, deltas, state) => {
    const harness = new FlowTableHarness();
    harness.apply(...deltas);
    expect((await harness.report(10))[0]?.connectionState).toBe(state);
  });

  test('FIN of one side does not end it, though the interval does', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), tcp.finOfClient(2));
    expect((await harness.report(10))[0]?.event).toBe('start');
    harness.apply(tcp.finOfServer(11));
    expect((await harness.report(20))[0]).toMatchObject({
      event: 'end',
      sequence: 1,
      endReason: 'end_of_flow_detected',
    });
  });
});

describe('the linger', () => {
  test('drained frees what ended a second ago, and nothing younger or open', async () => {
    const harness = new FlowTableHarness();
    const other = { ...tcp.opened(1), aPort: 1 };
    const late = { ...tcp.short(3.5), aPort: 2 };
    harness.apply(tcp.short(1), other, late);
    const told = await harness.drained(4);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ flowId: 'test-0', event: 'end', intervalStartNs: epochNs(0) });
    expect(harness.table.counters().activeFlows).toBe(2);
    expect(await harness.report(10)).toHaveLength(2);
  });

  test('drained just after a border still belongs to the interval whose report is to come', async () => {
    const harness = new FlowTableHarness();
    await harness.report(10);
    harness.apply(tcp.short(17));
    const [record] = await harness.drained(20.02);
    expect(record).toMatchObject({ intervalStartNs: epochNs(10), intervalEndNs: epochNs(20) });
  });

  test('late frames within the linger join the ended flow', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), tcp.closed(2));
    await harness.drained(2.5);
    harness.apply(tcp.ackOfClient(2.6));
    expect(await harness.report(10)).toMatchObject([{ packets: 6, event: 'end', sequence: 0 }]);
  });

  test('frames after a report within the linger give one more end', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(9), tcp.closed(9.8));
    const [first] = await harness.report(10);
    harness.apply(tcp.ackOfClient(10.1));
    const second = await harness.report(20);
    expect(first).toMatchObject({ event: 'end', sequence: 0 });
    expect(second).toMatchObject([{ event: 'end', sequence: 1, packets: 1, flowId: first?.flowId, initiator: 'syn' }]);
    expect(harness.table.counters()).toMatchObject({ activeFlows: 0, startedFlows: 1 });
    expect(harness.table.counters().endedByReason.end_of_flow_detected).toBe(1);
  });

  test('without late frames the ended row goes without another record', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(9), tcp.closed(9.8));
    await harness.report(10);
    expect(await harness.drained(12)).toEqual([]);
    expect(harness.table.counters().activeFlows).toBe(0);
  });

  test('frames long after the end are another flow, oriented as before', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1), tcp.closed(2));
    harness.apply(tcp.data(5));
    const records = await harness.report(10);
    expect(records).toMatchObject([
      { flowId: 'test-0', event: 'end', endReason: 'end_of_flow_detected', packets: 5 },
      { flowId: 'test-1', event: 'start', packets: 1, sourceAddress: tcp.pair.a, connectionState: 'established' },
    ]);
  });
});

describe('a tuple that is used again', () => {
  test('in one interval, in two drains: two flows', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.short(1));
    harness.apply(tcp.short(1.5));
    const records = await harness.report(10);
    expect(records).toMatchObject([
      { flowId: 'test-0', event: 'end', packets: 4, handshakeNs: 50_000_000, intervalStartNs: epochNs(0) },
      { flowId: 'test-1', event: 'end', packets: 4, handshakeNs: 50_000_000, sequence: 0 },
    ]);
    expect(records[0]?.communityId).toBe(records[1]?.communityId);
    expect(harness.table.account()).toEqual({ framesIn: 14, framesReported: 14, framesHeld: 0, framesTableFull: 0 });
  });

  test('in two intervals: the ended flow was reported, the new one begins at sequence 0', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.short(9.8));
    expect(await harness.report(10)).toMatchObject([{ flowId: 'test-0', event: 'end' }]);
    harness.apply(tcp.opened(10.1));
    expect(await harness.report(20)).toMatchObject([{ flowId: 'test-1', event: 'start', sequence: 0, packets: 3 }]);
    expect(harness.table.counters().endedByReason.end_of_flow_detected).toBe(1);
  });

  test('a SYN that was sent again does not begin a new flow', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.syn(1));
    harness.apply(tcp.syn(2));
    await harness.report(10);
    harness.apply(tcp.syn(11));
    expect(await harness.report(20)).toMatchObject([{ flowId: 'test-0', sequence: 1, event: 'update' }]);
  });

  test('a SYN from a side that was past its SYN does, though no end was seen', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    harness.apply(tcp.syn(3));
    expect(await harness.report(10)).toMatchObject([
      { flowId: 'test-0', event: 'end', endReason: 'end_of_flow_detected' },
      { flowId: 'test-1', event: 'start', packets: 1 },
    ]);
  });

  test('a SYN on a flow whose report had to guess does, and orients it', async () => {
    const harness = new FlowTableHarness();
    harness.apply({ ...tcp.pair, fromB: sent(1, 1, { flags: TCP_FLAG.ack }) });
    expect(await harness.report(10)).toMatchObject([{ sourceAddress: tcp.pair.b, initiator: 'guess' }]);
    harness.apply(tcp.syn(11));
    expect(await harness.report(20)).toMatchObject([
      { flowId: 'test-1', sourceAddress: tcp.pair.a, initiator: 'syn', sequence: 0 },
    ]);
  });

  test('a SYN that the backend only remembers from before does not', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    await harness.report(10);
    const data = tcp.data(11);
    harness.apply({ ...data, fromA: { ...data.fromA!, seen: SEEN.syn, synNs: clockNs(1) } });
    expect(await harness.report(20)).toMatchObject([{ flowId: 'test-0', event: 'update' }]);
  });

  test('VLANs keep equal tuples apart', async () => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.data(1), { ...tcp.data(1), vlan: 7 });
    expect((await harness.report(10)).map((record) => record.flowId)).toEqual(['test-0', 'test-1']);
  });
});
