import { expect, test } from '@jest/globals';
import { toFrameDirection } from '../../../src/capture/cap/frame-direction.ts';
import { toOriginalBytes } from '../../../src/capture/cap/original-length.ts';
import { LINK_TYPE } from '../../../src/capture/packet/link-type.ts';
import { ethernet, ipv4, ipv6, udp } from '../../support/packet-builder.ts';

const OWN = Buffer.from('020000000001', 'hex');
const frame = ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(1, 2)));

test('direction by source address', () => {
  expect(toFrameDirection(frame, OWN)).toBe('outgoing');
  expect(toFrameDirection(frame, Buffer.from('020000000002', 'hex'))).toBe('incoming');
  expect(toFrameDirection(frame, undefined)).toBeUndefined();
  expect(toFrameDirection(frame, Buffer.alloc(4))).toBeUndefined();
});

test('frames below the snapshot length are as long as they were captured', () => {
  expect(toOriginalBytes(frame, frame.length, LINK_TYPE.ethernet)).toBe(frame.length);
  expect(toOriginalBytes(Buffer.alloc(65_535), 65_534, LINK_TYPE.ethernet)).toBe(65_534);
});

test('of longer ones the IP header tells', () => {
  const cut = (packet: Buffer, tags: { id: number }[] = []): Buffer =>
    Buffer.concat([ethernet(packet, { tags }), Buffer.alloc(65_535)]).subarray(0, 65_535);
  const ends = { source: '10.0.0.1', destination: '10.0.0.2' };
  const ends6 = { source: 'fd00::1', destination: 'fd00::2' };
  const long4 = ipv4({ ...ends, protocol: 6, totalLength: 65_530 }, Buffer.alloc(20));
  const long6 = ipv6({ ...ends6, nextHeader: 6, payloadLength: 65_535 }, Buffer.alloc(20));
  const big = ipv4({ ...ends, protocol: 6, totalLength: 0 }, Buffer.alloc(20));
  expect(toOriginalBytes(cut(long4), 65_535, LINK_TYPE.ethernet)).toBe(14 + 65_530);
  expect(toOriginalBytes(cut(long4, [{ id: 5 }]), 65_535, LINK_TYPE.ethernet)).toBe(18 + 65_530);
  expect(toOriginalBytes(cut(long6), 65_535, LINK_TYPE.ethernet)).toBe(14 + 40 + 65_535);
  expect(toOriginalBytes(cut(big), 65_535, LINK_TYPE.ethernet)).toBe(65_535);
  expect(toOriginalBytes(cut(ethernet(Buffer.alloc(50), { etherType: 0x88b5 })), 65_535, LINK_TYPE.ethernet)).toBe(
    65_535,
  );
});
