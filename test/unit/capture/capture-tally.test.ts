import { expect, test } from '@jest/globals';
import { CaptureTally } from '../../../src/capture/cap/capture-tally.ts';
import { LINK_TYPE } from '../../../src/capture/packet/link-type.ts';
import { PacketAggregator } from '../../../src/capture/packet/packet-aggregator.ts';
import { ethernet, ipv4, udp } from '../../support/packet-builder.ts';

const frame = ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(1, 2)));
const arp = ethernet(Buffer.alloc(46), { etherType: 0x0806 });

/** What one capture process would do. */
function createProcess(tally: CaptureTally): PacketAggregator {
  const sink = { deltas: tally.deliver.bind(tally), icmpError: () => undefined, dnsMessage: () => undefined };
  return new PacketAggregator({ maxFlows: 8 }, sink);
}

function add(aggregator: PacketAggregator, bytes: Buffer, times: number): void {
  for (let i = 0; i < times; i++) aggregator.add(bytes, 0, bytes.length, bytes.length, 1, LINK_TYPE.ethernet);
}

test('counts what was handed over by all processes; what one had not handed over was never seen', () => {
  const tally = new CaptureTally();
  const first = createProcess(tally);
  add(first, frame, 3);
  add(first, arp, 2);
  tally.count(first.seen);
  expect(tally.seen).toEqual({ frames: 5, bytes: 3 * 42 + 2 * 60 });
  first.drain();
  tally.report(first.counters());
  add(first, frame, 10);
  tally.count(first.seen);
  expect(tally.seen.frames).toBe(15);
  expect(tally.counters()).toMatchObject({
    attributedFrames: 3,
    attributedBytes: 126,
    nonIpFrames: 2,
    nonIpBytes: 120,
  });

  tally.endProcess();
  expect(tally.seen).toEqual({ frames: 5, bytes: 246 });

  const second = createProcess(tally);
  add(second, frame, 4);
  add(second, frame.subarray(0, 30), 1);
  second.drain();
  tally.report(second.counters());
  expect(tally.seen).toEqual({ frames: 10, bytes: 246 + 4 * 42 + 30 });
  expect(tally.counters()).toEqual({
    attributedFrames: 7,
    attributedBytes: 7 * 42,
    unattributedFrames: 1,
    unattributedBytes: 30,
    nonIpFrames: 2,
    nonIpBytes: 120,
    taggedFrames: 0,
  });
});
