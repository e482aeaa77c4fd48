import { describe, expect, test } from '@jest/globals';
import { DeliveredDrops } from '../../../src/capture/drops/delivered-drops.ts';
import { isDrop, isDropOf, toDropReason } from '../../../src/capture/drops/drop-reason-group.ts';
import { DropRecordFiller } from '../../../src/capture/drops/drop-record-filler.ts';
import type { DropSum } from '../../../src/capture/drops/drop-sum.ts';
import { DropSums } from '../../../src/capture/drops/drop-sums.ts';
import { findMissingDropRights } from '../../../src/capture/drops/missing-drop-rights.ts';
import { createFlowRecord } from '../../../src/lib/create-flow-record.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { encodeDropEntries, type DropEntry } from '../../support/drop-entries.ts';

const CLIENT = '10.1.0.7';
const BACKEND = '10.2.0.9';
const TCP: DropEntry = { source: CLIENT, destination: BACKEND, ports: [40_000, 8080], protocol: 6 };
const SECOND = 1e9;

function sumUp(sums: DropSums, entries: readonly DropEntry[], noted: DropSum[] = [], offsetNs = 0): void {
  const { keys, values, count } = encodeDropEntries(entries);
  sums.add(keys, values, count, offsetNs, (sum) => noted.push(sum));
}

function sumsOf(...drains: readonly (readonly DropEntry[])[]): readonly DropSum[] {
  const sums = new DropSums(100);
  for (const entries of drains) sumUp(sums, entries);
  return sums.take();
}

describe('reasons of the kernel', () => {
  test.each([
    ['NETFILTER_DROP', 'netfilter_drop'],
    ['NO_SOCKET', 'no_socket'],
    ['SOCKET_RCVBUFF', 'queue_full'],
    ['SOCKET_BACKLOG', 'queue_full'],
    ['QDISC_DROP', 'queue_full'],
    ['QDISC_OVERLIMIT', 'queue_full'],
    ['NEIGH_QUEUEFULL', 'queue_full'],
    ['CPU_BACKLOG', 'queue_full'],
    ['FULL_RING', 'queue_full'],
    ['FQ_FLOW_LIMIT', 'queue_full'],
    ['TCP_LISTEN_OVERFLOW', 'queue_full'],
    ['TCP_CSUM', 'checksum_error'],
    ['UDP_CSUM', 'checksum_error'],
    ['SKB_CSUM', 'checksum_error'],
    ['IP_RPFILTER', 'reverse_path_filter'],
    ['IP_INHDR', 'kernel_drop'],
    ['TC_INGRESS', 'kernel_drop'],
    ['A_WORD_OF_A_LATER_KERNEL', 'kernel_drop'],
    ['REASON_131072', 'kernel_drop'],
  ])('%s is a drop: %s', (name, reason) => {
    expect(isDrop(name)).toBe(true);
    expect(toDropReason(name)).toBe(reason);
  });

  test.each(['SKB_NOT_DROPPED_YET', 'SKB_CONSUMED', 'QUEUE_PURGE', 'TCP_OFOMERGE', 'TCP_OLD_ACK', 'TCP_CLOSE'])(
    '%s is none',
    (name) => expect(isDrop(name)).toBe(false),
  );

  test.each([
    ['NO_SOCKET', 17, '10.0.0.1', true],
    ['NO_SOCKET', 1, '10.0.0.1', false],
    ['NO_SOCKET', 58, 'fd00::1', false],
    ['NOT_SPECIFIED', 17, '203.0.113.9', true],
    ['NOT_SPECIFIED', 17, '224.0.0.251', false],
    ['NOT_SPECIFIED', 17, '239.255.255.250', false],
    ['NOT_SPECIFIED', 17, '22.4.0.1', true],
    ['NOT_SPECIFIED', 17, '255.255.255.255', false],
    ['NOT_SPECIFIED', 58, 'ff02::16', false],
    ['NOT_SPECIFIED', 58, 'fe80::1', true],
    ['NETFILTER_DROP', 58, 'ff02::16', true],
  ])('%s of protocol %i to %s', (name, protocol, destinationAddress, expected) => {
    expect(isDropOf(name, { protocol, destinationAddress })).toBe(expected);
  });
});

describe('sums of an interval', () => {
  test('one flow, reason and namespace over several drains is one sum', () => {
    const [sum, ...rest] = sumsOf(
      [{ ...TCP, packets: 2, bytes: 120, firstNs: 5_000, lastNs: 6_000, tcpFlags: 0x102 }],
      [{ ...TCP, packets: 3, bytes: 150, firstNs: 7_000, lastNs: 9_000, tcpFlags: 0x10 }],
    );
    expect(rest).toEqual([]);
    expect(sum).toMatchObject({ packets: 5, bytes: 270, firstNs: 5_000, lastNs: 9_000, tcpFlags: 0x112 });
    expect(sum).toMatchObject({ netns: 99, reason: 12, protocol: 6, networkType: 'ipv4' });
    expect(sum).toMatchObject({ sourceAddress: CLIENT, sourcePort: 40_000 });
    expect(sum).toMatchObject({ destinationAddress: BACKEND, destinationPort: 8080, icmpType: undefined });
  });

  test.each([
    ['reason', { reason: 3 }],
    ['namespace', { netns: 98 }],
    ['direction', { source: BACKEND, destination: CLIENT, ports: [8080, 40_000] }],
    ['protocol', { protocol: 17 }],
  ] as const)('another %s is another', (_, change) => {
    expect(sumsOf([TCP, { ...TCP, ...change }])).toHaveLength(2);
  });

  test('IPv6, ICMP and what has no ports', () => {
    const [six, icmp, fragment] = sumsOf([
      { source: 'fd00::7', destination: 'fd00::9', ports: [1, 2], protocol: 17 },
      { source: CLIENT, destination: BACKEND, ports: [8, 0], protocol: 1 },
      { source: CLIENT, destination: BACKEND, protocol: 17 },
    ]);
    expect(six).toMatchObject({ networkType: 'ipv6', sourceAddress: 'fd00::7', destinationAddress: 'fd00::9' });
    expect(icmp).toMatchObject({ icmpType: 8, icmpCode: 0, sourcePort: undefined, destinationPort: undefined });
    expect(fragment).toMatchObject({ sourcePort: undefined, icmpType: undefined });
  });

  test('the Community ID of the specification’s own example', () => {
    // https://github.com/corelight/community-id-spec, baseline of tcp.pcap.
    const example = { source: '128.232.110.120', destination: '66.35.250.204', ports: [34_855, 80] } as const;
    expect(sumsOf([{ ...example, protocol: 6 }])[0]?.communityId).toBe('1:LQU9qZlK+B5F3KDmev6m5PMibrg=');
  });

  test('times are of the wall clock, also where the last was written before the first', () => {
    const sums = new DropSums(10);
    sumUp(sums, [{ ...TCP, firstNs: 3_000, lastNs: 0 }], [], 1_000_000);
    expect(sums.take()).toMatchObject([{ firstNs: 1_003_000, lastNs: 1_003_000 }]);
  });

  test('without room packets are counted, and those of known flows go on', () => {
    const sums = new DropSums(1);
    const noted: DropSum[] = [];
    sumUp(sums, [TCP, { ...TCP, protocol: 17, packets: 7 }, { ...TCP, packets: 4 }], noted);
    expect(sums.overflowPackets).toBe(7);
    expect(noted.map(({ protocol }) => protocol)).toEqual([6, 6]);
    expect(sums.take()).toMatchObject([{ packets: 5 }]);
    expect(sums.take()).toEqual([]);
  });
});

describe('evidence records', () => {
  const [sum] = sumsOf([{ ...TCP, packets: 3, bytes: 180, tcpFlags: 0x102 }]);

  test('say what was dropped and count no traffic', () => {
    const record = new DropRecordFiller().fill(0, sum!, 'NETFILTER_DROP', { interfaceName: 'eth0', podUid: 'uid-1' });
    expect(record).toMatchObject({
      evidence: 'kernel',
      verdict: 'dropped',
      dropReason: 'netfilter_drop',
      dropDetail: 'NETFILTER_DROP',
      dropPackets: 3,
      dropBytes: 180,
      packets: 0,
      bytes: 0,
      reversePackets: 0,
      reverseBytes: 0,
      initiator: 'syn',
      tcpFlags: 2,
      transport: 'tcp',
      interfaceName: 'eth0',
      podUid: 'uid-1',
      startNs: 1_000,
      endNs: 2_000,
    });
  });

  test('are reused, each with an id of its own, and nothing of the one before', () => {
    const filler = new DropRecordFiller();
    const first = filler.fill(0, sum!, 'NETFILTER_DROP', { interfaceName: 'eth0', podUid: 'uid-1' });
    const { flowId } = first;
    const [udp] = sumsOf([{ ...TCP, protocol: 17, tcpFlags: 0 }]);
    const second = filler.fill(0, udp!, 'NO_SOCKET', undefined);
    expect(second).toBe(first);
    expect(second.flowId).not.toBe(flowId);
    expect(second).toMatchObject({ tcpFlags: undefined, initiator: 'guess', podUid: undefined, interfaceName: '' });
    expect(filler.count).toBe(2);
  });
});

describe('where dropped packets were going', () => {
  const NOW = 1_700_000_000 * SECOND;

  function note(drops: DeliveredDrops, changes: Partial<DropEntry> = {}, atNs = NOW): void {
    const sums = new DropSums(10);
    const entry = { ...TCP, ...changes, firstNs: 0, lastNs: 0 };
    const { keys, values, count } = encodeDropEntries([entry]);
    sums.add(keys, values, count, atNs, (sum) => drops.note(sum));
  }

  function recordAt(startNs: number, endNs = startNs, changes: Partial<FlowRecord> = {}): FlowRecord {
    const tuple = { sourceAddress: CLIENT, sourcePort: 40_000, protocolNumber: 6 };
    return Object.assign(createFlowRecord(), { ...tuple, startNs, endNs, ...changes });
  }

  test('is found by source and protocol', () => {
    const drops = new DeliveredDrops();
    note(drops);
    expect(drops.resolve(recordAt(NOW))).toMatchObject({ destinationAddress: BACKEND, destinationPort: 8080 });
    expect(drops.resolve(recordAt(NOW, NOW, { sourcePort: 40_001 }))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW, NOW, { protocolNumber: 17 }))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW, NOW, { sourceAddress: BACKEND }))).toBeUndefined();
  });

  test('only for records of that time', () => {
    const drops = new DeliveredDrops();
    note(drops);
    expect(drops.resolve(recordAt(NOW - 10 * SECOND, NOW - 5 * SECOND))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW + 5 * SECOND))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW - 10 * SECOND, NOW + SECOND))).toBeDefined();
  });

  test('nothing is told of a source whose packets went to two places at that time', () => {
    const drops = new DeliveredDrops();
    note(drops);
    note(drops, { destination: '10.2.0.10' }, NOW + SECOND);
    expect(drops.resolve(recordAt(NOW, NOW + SECOND))).toBeUndefined();
    note(drops, { destination: '10.2.0.11' }, NOW + 60 * SECOND);
    expect(drops.resolve(recordAt(NOW + 60 * SECOND))).toMatchObject({ destinationAddress: '10.2.0.11' });
  });

  test('is forgotten after a while, and what goes on is not', () => {
    const drops = new DeliveredDrops();
    note(drops);
    note(drops, { ports: [40_001, 8080] });
    note(drops, { ports: [40_001, 8080] }, NOW + 60 * SECOND);
    drops.prune(NOW + 30 * SECOND);
    expect(drops.size).toBe(1);
    expect(drops.resolve(recordAt(NOW))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW, NOW, { sourcePort: 40_001 }))).toBeDefined();
  });

  test('is bounded: the source longest not told of goes', () => {
    const drops = new DeliveredDrops();
    for (let i = 0; i < 17_000; i++) note(drops, { ports: [1 + i, 8080] });
    expect(drops.size).toBe(16_384);
    expect(drops.resolve(recordAt(NOW, NOW, { sourcePort: 1 }))).toBeUndefined();
    expect(drops.resolve(recordAt(NOW, NOW, { sourcePort: 17_000 }))).toBeDefined();
  });
});

describe('rights', () => {
  test.each([
    ['000001ffffffffff', []],
    ['0000000000200000', []],
    ['000000c000000000', []],
    ['0000008000000000', ['PERFMON']],
    ['0000004000000000', ['BPF']],
    ['0000000000000000', ['PERFMON', 'BPF']],
  ])('of the set %s there lacks %j', (mask, missing) => {
    expect(findMissingDropRights(`Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${mask}\n`)).toEqual(missing);
  });
});
