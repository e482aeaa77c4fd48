import { beforeEach, describe, expect, test } from '@jest/globals';
import { PacketAggregator } from '../../../src/capture/packet/packet-aggregator.ts';
import { LINK_TYPE } from '../../../src/capture/packet/link-type.ts';
import { CollectingSink, type ReadSide } from '../../support/collecting-sink.ts';
import { ethernet, ipv4, PROTOCOL, tcp } from '../../support/packet-builder.ts';

const KEY = '10.0.0.1|4000|10.0.0.2|80|6|0|0';
const MS = 1e6;
/** Far from 0, and not on a boundary of anything. */
const START = 86_400e9 + 12_345;

let sink = new CollectingSink();
let aggregator = new PacketAggregator({ maxFlows: 16 }, sink);

interface Segment {
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: string;
  readonly bytes?: number;
  readonly window?: number;
}

function send(
  isClient: boolean,
  atMs: number,
  { seq = 0, ack = 0, flags = 'A', bytes = 0, window = 1_000 }: Segment,
): void {
  const fields = { sequence: seq, acknowledgement: ack, flags, window };
  const ports = isClient ? { sourcePort: 4000, destinationPort: 80 } : { sourcePort: 80, destinationPort: 4000 };
  const [source, destination] = isClient ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
  const payload = tcp({ ...fields, ...ports }, Buffer.alloc(bytes));
  const frame = ethernet(ipv4({ source, destination, protocol: PROTOCOL.tcp }, payload));
  aggregator.add(frame, 0, frame.length, frame.length, START + atMs * MS, LINK_TYPE.ethernet);
}

const client = (atMs: number, segment: Segment): void => send(true, atMs, segment);
const server = (atMs: number, segment: Segment): void => send(false, atMs, segment);

/** Ends the interval; returns its two sides. */
function drain(): readonly [ReadSide, ReadSide] {
  sink.current = [];
  aggregator.drain();
  return sink.one(KEY).sides;
}

beforeEach(() => {
  sink = new CollectingSink();
  aggregator = new PacketAggregator({ maxFlows: 16 }, sink);
});

describe('flags and SYNs', () => {
  test('union of flags, who sent SYN and SYN-ACK, when first and how often', () => {
    client(0, { flags: 'S', seq: 9 });
    client(1000, { flags: 'S', seq: 9 });
    server(1001, { flags: 'SA', seq: 4, ack: 10 });
    client(1002, { flags: 'A', seq: 10, ack: 5 });
    client(1003, { flags: 'PA', seq: 10, ack: 5, bytes: 3 });
    const [a, b] = drain();
    expect([a.tcpFlags, a.seen, a.synCount, a.synNs]).toEqual([0x1a, 1 | 16, 2, BigInt(START)]);
    expect([b.tcpFlags, b.seen, b.synCount, b.synNs]).toEqual([0x12, 2 | 16, 0, BigInt(START + 1001 * MS)]);
  });

  test('counts SYNs up to 255', () => {
    for (let i = 0; i < 300; i++) client(i, { flags: 'S', seq: 9 });
    expect(drain()[0].synCount).toBe(255);
  });
});

describe('zero windows', () => {
  const ZERO_WINDOW = 32;
  const announced = (): boolean[] => drain().map((side) => (side.seen & ZERO_WINDOW) !== 0);

  test.each(['A', 'PA', 'FA', 'PAU', ''])('are of the side that announces them, with flags "%s"', (flags) => {
    client(0, { flags: 'A' });
    server(1, { flags, window: 0 });
    expect(announced()).toEqual([false, true]);
  });

  test.each(['S', 'SA', 'R', 'RA'])('none with flags %s', (flags) => {
    client(0, { flags, window: 0 });
    expect(announced()).toEqual([false, false]);
  });

  test.each([1, 0x0100, 0x8000, 0xffff])('a window of %d is none', (window) => {
    client(0, { window });
    expect(announced()).toEqual([false, false]);
  });

  test('are of their interval', () => {
    client(0, { window: 0 });
    expect(announced()).toEqual([true, false]);
    client(1, { window: 1 });
    expect(announced()).toEqual([false, false]);
    client(2, { window: 0 });
    expect(announced()).toEqual([true, false]);
  });
});

describe('retransmissions', () => {
  const retransmits = (): number[] => drain().map((side) => side.retransmits);

  test('data in order has none', () => {
    for (let i = 0; i < 10; i++) client(i, { seq: i * 100, bytes: 100 });
    expect(retransmits()).toEqual([0, 0]);
  });

  test('a segment behind the highest sequence counts, whole or in part', () => {
    client(0, { seq: 0, bytes: 100 });
    client(1, { seq: 100, bytes: 100 });
    client(2, { seq: 100, bytes: 100 });
    client(3, { seq: 50, bytes: 20 });
    client(4, { seq: 150, bytes: 100 });
    const [a] = drain();
    expect([a.retransmits, a.nextSequence]).toEqual([3, 250]);
  });

  test('over the end of the sequence space', () => {
    client(0, { seq: 0xffffffce, bytes: 100 }); // ends at 50
    client(1, { seq: 50, bytes: 100 });
    client(2, { seq: 0xffffffce, bytes: 100 });
    const [a] = drain();
    expect([a.retransmits, a.nextSequence]).toEqual([1, 150]);
  });

  test('over the middle, where signed numbers turn', () => {
    client(0, { seq: 0x7fffffff, bytes: 10 });
    client(1, { seq: 0x80000009, bytes: 10 });
    expect(retransmits()).toEqual([0, 0]);
  });

  test('SYN and FIN count as one, and sent again as retransmissions', () => {
    client(0, { flags: 'S', seq: 9 });
    client(1, { flags: 'S', seq: 9 });
    client(2, { flags: 'FA', seq: 10 });
    client(3, { flags: 'FA', seq: 10 });
    expect(retransmits()).toEqual([2, 0]);
  });

  test('keep-alives are none, whether of one byte or empty', () => {
    client(0, { seq: 0, bytes: 100 });
    client(1, { seq: 99, bytes: 1 });
    client(2, { seq: 99 });
    expect(retransmits()).toEqual([0, 0]);
  });

  test('two bytes, or one two behind, are no keep-alive', () => {
    client(0, { seq: 0, bytes: 100 });
    client(1, { seq: 99, bytes: 2 });
    client(2, { seq: 98, bytes: 1 });
    expect(retransmits()).toEqual([2, 0]);
  });

  test('acknowledgements without data are none', () => {
    server(0, { seq: 5, ack: 1, bytes: 10 });
    for (let i = 0; i < 5; i++) server(i, { seq: 5, ack: 1 });
    expect(retransmits()).toEqual([0, 0]);
  });

  test('a new connection of the same tuple begins a new sequence space', () => {
    client(0, { flags: 'S', seq: 5000 });
    client(1, { seq: 5001, bytes: 1000 });
    client(2, { flags: 'S', seq: 100 });
    client(3, { seq: 101, bytes: 10 });
    const [a] = drain();
    expect([a.retransmits, a.nextSequence]).toEqual([0, 111]);
  });

  test('are told across one drain, and not across an interval without packets', () => {
    const other = ethernet(ipv4({ source: '10.9.9.9', destination: '10.0.0.2', protocol: 47 }, Buffer.alloc(8)));
    const addOther = (): void => aggregator.add(other, 0, other.length, other.length, START, LINK_TYPE.ethernet);
    client(0, { seq: 0, bytes: 100 });
    drain();
    client(1, { seq: 0, bytes: 100 });
    const [a] = drain();
    expect([a.retransmits, a.frames, a.bytes, a.tcpFlags]).toEqual([1, 1, 154, 0x10]);
    addOther();
    aggregator.drain();
    client(2, { seq: 0, bytes: 100 });
    expect(drain()[0].retransmits).toBe(0);
  });
});

describe('time to acknowledgement', () => {
  const kns = (milliseconds: number): number => Math.floor((milliseconds * MS) / 1024);
  const expectMs = (value: number, milliseconds: number): void => {
    expect(Math.abs(value - kns(milliseconds))).toBeLessThanOrEqual(1);
  };

  test('SYN to SYN-ACK and SYN-ACK to ACK are the first samples', () => {
    client(0, { flags: 'S', seq: 9 });
    server(8, { flags: 'SA', seq: 4, ack: 10 });
    client(12, { flags: 'A', seq: 10, ack: 5 });
    const [a, b] = drain();
    expectMs(b.ackDelayKns, 8);
    expectMs(a.ackDelayKns, 4);
  });

  test('later samples move it by an eighth, down as up', () => {
    client(0, { seq: 0, bytes: 10 });
    server(8, { ack: 10 });
    client(1000, { seq: 10, bytes: 10 });
    server(1016, { ack: 20 });
    expectMs(drain()[1].ackDelayKns, 9);
    client(2000, { seq: 20, bytes: 10 });
    server(2001, { ack: 30 });
    expectMs(drain()[1].ackDelayKns, 8);
  });

  test('at most one sample is begun in 134 ms', () => {
    client(0, { seq: 0, bytes: 10 });
    server(8, { ack: 10 });
    const tickEnd = Math.ceil(START / 2 ** 27) * 2 ** 27;
    const rest = (tickEnd - START) / MS;
    expect(rest).toBeGreaterThan(50);
    client(rest - 20, { seq: 10, bytes: 10 });
    server(rest - 1, { ack: 20 });
    expectMs(drain()[1].ackDelayKns, 8);
  });

  test('nor after a drain within that time', () => {
    client(0, { seq: 0, bytes: 10 });
    server(8, { ack: 10 });
    drain();
    client(9, { seq: 10, bytes: 10 });
    server(49, { ack: 20 });
    expectMs(drain()[1].ackDelayKns, 8);
  });

  test('an acknowledgement short of the segment ends no sample', () => {
    client(0, { seq: 0, bytes: 10 });
    server(2, { ack: 9 });
    server(4, { flags: 'R', ack: 10 });
    server(6, { ack: 11 });
    expectMs(drain()[1].ackDelayKns, 6);
  });

  test('a segment sent again gives up the sample', () => {
    client(0, { seq: 0, bytes: 10 });
    client(300, { seq: 0, bytes: 10 });
    server(301, { ack: 10 });
    expect(drain()[1].ackDelayKns).toBe(0);
  });

  test('is carried over a drain, as is the sample that runs', () => {
    client(0, { seq: 0, bytes: 10 });
    server(8, { ack: 10 });
    client(1000, { seq: 10, bytes: 10 });
    drain();
    server(1016, { ack: 20 });
    expectMs(drain()[1].ackDelayKns, 9);
  });

  test('a new connection forgets what the old one awaited', () => {
    client(0, { flags: 'S', seq: 9 });
    server(1, { flags: 'SA', seq: 4, ack: 10 });
    client(200, { seq: 10, bytes: 10 });
    client(5000, { flags: 'S', seq: 0xf0000000 });
    server(5002, { flags: 'SA', seq: 0x70000000, ack: 0xf0000001 });
    expectMs(drain()[1].ackDelayKns, 1 + 1 / 8);
  });

  test('above two minutes it is no round trip, nor when time runs back', () => {
    client(0, { seq: 0, bytes: 10 });
    server(138_000, { ack: 10 });
    client(140_000, { seq: 10, bytes: 10 });
    server(139_000, { ack: 20 });
    expect(drain()[1].ackDelayKns).toBe(0);
  });

  test('is at least 1', () => {
    client(0, { seq: 0, bytes: 10 });
    server(0, { ack: 10 });
    expect(drain()[1].ackDelayKns).toBe(1);
  });
});
