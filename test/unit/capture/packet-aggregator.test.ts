import { describe, expect, test } from '@jest/globals';
import { LINK_TYPE } from '../../../src/capture/packet/link-type.ts';
import { PacketAggregator, type PacketAggregatorOptions } from '../../../src/capture/packet/packet-aggregator.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { ethernet, icmpError, ipv4, ipv6, tcp, udp } from '../../support/packet-builder.ts';

const ETHERNET = LINK_TYPE.ethernet;

function create(options: Partial<PacketAggregatorOptions> = {}): {
  aggregator: PacketAggregator;
  sink: CollectingSink;
} {
  const sink = new CollectingSink();
  return { sink, aggregator: new PacketAggregator({ maxFlows: 4096, ...options }, sink) };
}

function datagram(sourcePort: number, source = '10.0.0.1', destination = '10.0.0.2'): Buffer {
  return ethernet(ipv4({ source, destination, protocol: 17 }, udp(sourcePort, 53, 'x')));
}

function datagram6(sourcePort: number): Buffer {
  return ethernet(ipv6({ source: 'fd00::1', destination: 'fd00::2', nextHeader: 17 }, udp(sourcePort, 53, 'x')));
}

function add(aggregator: PacketAggregator, frame: Buffer, timeNs: number, originalBytes = frame.length): void {
  aggregator.add(frame, 0, frame.length, originalBytes, timeNs, ETHERNET);
}

describe('PacketAggregator', () => {
  test('sums frames, bytes and times by side', () => {
    const { aggregator, sink } = create();
    aggregator.clockOffsetNs = 7;
    const reply = ethernet(ipv4({ source: '10.0.0.2', destination: '10.0.0.1', protocol: 17 }, udp(53, 1, 'yz')));
    add(aggregator, datagram(1), 5_000_000_000_123);
    add(aggregator, datagram(1), 5_000_000_100_000);
    add(aggregator, datagram(1), 5_000_000_050_000);
    aggregator.add(reply, 0, reply.length, reply.length, 5_000_000_200_000, ETHERNET, 'incoming');
    aggregator.drain();
    const [a, b] = sink.one('10.0.0.1|1|10.0.0.2|53|17|0|0').sides;
    expect(a).toMatchObject({ frames: 3, bytes: 129, firstNs: 5_000_000_000_123n, activeKns: 97, seen: 0 });
    expect(b).toMatchObject({ frames: 1, bytes: 44, firstNs: 5_000_000_200_000n, activeKns: 0, seen: 8 });
    expect(sink.clockOffsetNs).toBe(7);
  });

  test('byte counters go beyond 32 bits', () => {
    const { aggregator, sink } = create();
    for (let i = 0; i < 5; i++) add(aggregator, datagram(1), 1, 4_000_000_000);
    aggregator.drain();
    expect(sink.one('10.0.0.1|1|10.0.0.2|53|17|0|0').sides[0].bytes).toBe(20_000_000_000);
  });

  test('what is told of the direction overrules the link header', () => {
    const { aggregator, sink } = create();
    const frame = datagram(1);
    aggregator.add(frame, 0, frame.length, frame.length, 1, ETHERNET, 'outgoing');
    aggregator.add(frame, 0, frame.length, frame.length, 1, ETHERNET, 'incoming');
    aggregator.drain();
    expect(sink.current[0]?.sides[0].seen).toBe(4 | 8);
  });

  test('starts from zero after a drain, and hands over nothing when there is nothing', () => {
    const { aggregator, sink } = create();
    add(aggregator, datagram(1), 1e9);
    aggregator.drain();
    aggregator.drain();
    expect(sink.batchSizes).toEqual([1]);
    add(aggregator, datagram(1), 3e9);
    aggregator.drain();
    expect(sink.current.map((delta) => delta.sides[0])).toMatchObject([
      { frames: 1, firstNs: 1_000_000_000n },
      { frames: 1, firstNs: 3_000_000_000n },
    ]);
  });

  test('hands over in batches of at most 2,048, by family, aligned as promised', () => {
    const { aggregator, sink } = create();
    const alignments: number[] = [];
    const families: string[] = [];
    const { deltas } = sink;
    sink.deltas = (batch) => {
      alignments.push(batch.keys.byteOffset % 4, batch.values.byteOffset % 8);
      families.push(batch.family);
      expect(batch.keys.length).toBe(batch.count * (batch.family === 'ipv4' ? 20 : 44));
      expect(batch.values.length).toBe(batch.count * 112);
      deltas.call(sink, batch);
    };
    for (let port = 1; port <= 4095; port++) add(aggregator, datagram(port), 1);
    for (let port = 1; port <= 3; port++) add(aggregator, datagram6(port), 1);
    aggregator.drain();
    expect(sink.batchSizes).toEqual([2048, 2047, 3]);
    expect(families).toEqual(['ipv4', 'ipv4', 'ipv6']);
    expect(new Set(alignments)).toEqual(new Set([0]));
    expect(new Set(sink.current.map((delta) => delta.key)).size).toBe(4098);
    expect(sink.current.every((delta) => delta.sides[0].frames === 1)).toBe(true);
  });

  test('flows that find no room are counted as unattributed, known ones go on', () => {
    const { aggregator, sink } = create({ maxFlows: 10 });
    for (let port = 1; port <= 15; port++) add(aggregator, datagram(port), 1);
    for (let port = 1; port <= 3; port++) add(aggregator, datagram(port), 1);
    add(aggregator, datagram6(1), 1);
    expect(aggregator.flowCount).toBe(10);
    aggregator.drain();
    expect(sink.current).toHaveLength(11);
    expect(aggregator.counters()).toMatchObject({
      attributedFrames: 14,
      attributedBytes: 13 * 43 + 63,
      unattributedFrames: 5,
      unattributedBytes: 5 * 43,
    });
    for (let port = 11; port <= 15; port++) add(aggregator, datagram(port), 1);
    aggregator.drain();
    expect(aggregator.counters()).toMatchObject({ attributedFrames: 19, unattributedFrames: 5 });
  });

  test('every frame is counted exactly once', () => {
    const { aggregator } = create();
    const arp = ethernet(Buffer.alloc(46), { etherType: 0x0806, tags: [{ id: 5 }] });
    const wrong = datagram(9).subarray(0, 30);
    add(aggregator, datagram(1), 1);
    add(aggregator, arp, 1);
    add(aggregator, wrong, 1, 900);
    aggregator.addNonIp(70);
    expect(aggregator.seen).toEqual({ frames: 4, bytes: 43 + 64 + 900 + 70 });
    expect(aggregator.counters().attributedFrames).toBe(0);
    aggregator.drain();
    expect(aggregator.counters()).toEqual({
      attributedFrames: 1,
      attributedBytes: 43,
      unattributedFrames: 1,
      unattributedBytes: 900,
      nonIpFrames: 2,
      nonIpBytes: 134,
      taggedFrames: 1,
    });
    expect(aggregator.seen).toEqual({ frames: 4, bytes: 43 + 64 + 900 + 70 });
  });

  test('leaves out the bytes that the interface does not count', () => {
    const { aggregator, sink } = create({ uncountedBytes: 14 });
    add(aggregator, datagram(1), 1);
    add(aggregator, ethernet(Buffer.alloc(46), { etherType: 0x0806 }), 1);
    aggregator.drain();
    expect(sink.current[0]?.sides[0].bytes).toBe(29);
    expect(aggregator.counters().nonIpBytes).toBe(46);
  });

  test('hands over ICMP errors at once, in epoch time, with the VLAN of the frame', () => {
    const { aggregator, sink } = create();
    aggregator.clockOffsetNs = 1e18;
    const quoted = ipv4(
      { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 },
      tcp({ sourcePort: 5, destinationPort: 6 }),
    );
    const error = ipv4({ source: '10.0.0.7', destination: '10.0.0.1', protocol: 1 }, icmpError(3, 1, quoted));
    add(aggregator, ethernet(error, { tags: [{ id: 12 }] }), 5e9);
    expect(sink.errors).toMatchObject([
      { timeNs: 1e18 + 5e9, family: 'ipv4', type: 3, code: 1, reporterAddress: '10.0.0.7' },
    ]);
    expect(Buffer.from(sink.errors[0]?.quotedKey ?? []).toString('hex')).toBe(
      '0a0000010a0000020500060006000c0000000000',
    );
    aggregator.drain();
    expect(sink.current.map((delta) => delta.key)).toEqual(['10.0.0.7|3|10.0.0.1|1|1|2|12']);
  });

  test('hands over DNS messages at once, in epoch time, even when the flow finds no room', () => {
    const { aggregator, sink } = create({ maxFlows: 1 });
    aggregator.clockOffsetNs = 1e18;
    add(aggregator, datagram(1), 1e9);
    const answer = udp(53, 5, Buffer.from('000081820000000000000000', 'hex'));
    add(aggregator, ethernet(ipv4({ source: '10.0.0.2', destination: '10.0.0.1', protocol: 17 }, answer)), 5e9);
    expect(aggregator.counters().unattributedFrames).toBe(1);
    expect(sink.dnsMessages).toEqual([{ timeNs: 1e18 + 5e9, point: 0, isResponse: true, responseCode: 2 }]);
  });

  test('keeps flows apart whose keys hash alike: 8,000 of each family', () => {
    const { aggregator, sink } = create({ maxFlows: 8000 });
    for (let round = 0; round < 2; round++) {
      for (let port = 1; port <= 8000; port++) {
        add(aggregator, datagram(port), 1);
        add(aggregator, datagram6(port), 1);
      }
    }
    aggregator.drain();
    expect(new Set(sink.current.map((delta) => delta.key)).size).toBe(16_000);
    expect(sink.current.every((delta) => delta.sides[0].frames === 2 && delta.sides[1].frames === 0)).toBe(true);
  });
});
