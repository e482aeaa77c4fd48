import { describe, expect, test } from '@jest/globals';
import { parseIcmpError } from '../../../src/capture/packet/decode-icmp-error.ts';
import { readKey } from '../../support/collecting-sink.ts';
import { extensionHeader, icmp, icmpError, ipv4, ipv6, tcp, udp } from '../../support/packet-builder.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
const ROUTER = '192.0.2.1';
const CLIENT6 = 'fd00::1';
const SERVER6 = 'fd00::2';
const ROUTER6 = '2001:db8::ff';

const syn = ipv4(
  { source: CLIENT, destination: SERVER, protocol: 6 },
  tcp({ sourcePort: 4000, destinationPort: 80, flags: 'S' }),
);
const reply = ipv4({ source: SERVER, destination: CLIENT, protocol: 17 }, udp(53, 5000, 'answer'));
const syn6 = ipv6(
  { source: CLIENT6, destination: SERVER6, nextHeader: 6 },
  tcp({ sourcePort: 4000, destinationPort: 80, flags: 'S' }),
);

function error4(type: number, code: number, quoted: Buffer, fourBytes = 0): Buffer {
  return ipv4({ source: ROUTER, destination: CLIENT, protocol: 1 }, icmpError(type, code, quoted, fourBytes));
}

function error6(type: number, code: number, quoted: Buffer, fourBytes = 0): Buffer {
  return ipv6({ source: ROUTER6, destination: CLIENT6, nextHeader: 58 }, icmpError(type, code, quoted, fourBytes));
}

function quoted4(bytes: Buffer): string | undefined {
  const error = parseIcmpError(bytes, 'ipv4', 1);
  return error === undefined ? undefined : `${readKey(error.quotedKey)} by ${error.quotedSide}`;
}

describe('parseIcmpError', () => {
  test('reads who, what and when', () => {
    expect(parseIcmpError(error4(3, 13, syn), 'ipv4', 42, 7, () => 0x1_0203)).toEqual({
      timeNs: 42,
      point: 0x1_0203,
      family: 'ipv4',
      quotedKey: Uint8Array.from([10, 0, 0, 1, 10, 0, 0, 2, 0xa0, 0x0f, 80, 0, 6, 0, 7, 0, 3, 2, 1, 0]),
      quotedSide: 0,
      type: 3,
      code: 13,
      mtuBytes: undefined,
      reporterAddress: ROUTER,
    });
    const error = parseIcmpError(error6(1, 1, syn6), 'ipv6', 43);
    expect(error).toMatchObject({ family: 'ipv6', type: 1, code: 1, quotedSide: 0, reporterAddress: ROUTER6 });
    expect(readKey(error?.quotedKey ?? new Uint8Array(44))).toBe('fd00:0:0:0:0:0:0:1|4000|fd00:0:0:0:0:0:0:2|80|6|0|0');
  });

  test('keeps nothing of one error for the next', () => {
    const first = parseIcmpError(error4(3, 1, syn), 'ipv4', 1);
    parseIcmpError(error4(3, 1, reply), 'ipv4', 2);
    expect(readKey(first?.quotedKey ?? new Uint8Array(20))).toBe(`${CLIENT}|4000|${SERVER}|80|6|0|0`);
  });

  test.each([
    ['the other side had sent it', error4(3, 3, reply), `${CLIENT}|5000|${SERVER}|53|17|0|0 by 1`],
    ['8 bytes behind the header', error4(3, 1, syn.subarray(0, 28)), `${CLIENT}|4000|${SERVER}|80|6|0|0 by 0`],
    ['4 bytes behind the header', error4(11, 0, syn.subarray(0, 24)), `${CLIENT}|4000|${SERVER}|80|6|0|0 by 0`],
    [
      'an echo',
      error4(3, 1, ipv4({ source: CLIENT, destination: SERVER, protocol: 1 }, icmp(8, 0))),
      `${CLIENT}|8|${SERVER}|0|1|0|0 by 0`,
    ],
    [
      'a protocol without ports',
      error4(3, 2, ipv4({ source: CLIENT, destination: SERVER, protocol: 47 }, Buffer.alloc(8))),
      `${CLIENT}|0|${SERVER}|0|47|0|0 by 0`,
    ],
    [
      'a later fragment',
      error4(11, 1, ipv4({ source: CLIENT, destination: SERVER, protocol: 17, fragmentOffset: 5 }, Buffer.alloc(8))),
      `${CLIENT}|0|${SERVER}|0|17|1|0 by 0`,
    ],
    [
      'a wrong length in the quoted header',
      error4(3, 1, ipv4({ source: CLIENT, destination: SERVER, protocol: 17, totalLength: 21 }, udp(5, 6))),
      `${CLIENT}|5|${SERVER}|6|17|0|0 by 0`,
    ],
    [
      'options in the quoted header',
      error4(
        12,
        0,
        ipv4({ source: CLIENT, destination: SERVER, protocol: 17, options: Buffer.alloc(8, 1) }, udp(5, 6)),
      ),
      `${CLIENT}|5|${SERVER}|6|17|0|0 by 0`,
    ],
  ])('quotes %s', (_name, bytes, expected) => {
    expect(quoted4(bytes)).toBe(expected);
  });

  test('quotes a packet with extension headers', () => {
    const chained = ipv6(
      { source: SERVER6, destination: CLIENT6, nextHeader: 17, extensions: [extensionHeader(0), extensionHeader(60)] },
      udp(9, 10),
    );
    const error = parseIcmpError(error6(4, 1, chained), 'ipv6', 1);
    expect(readKey(error?.quotedKey ?? new Uint8Array(44))).toBe('fd00:0:0:0:0:0:0:1|10|fd00:0:0:0:0:0:0:2|9|17|0|0');
    expect(error?.quotedSide).toBe(1);
  });

  test('reads the MTU where there is one', () => {
    expect(parseIcmpError(error4(3, 4, syn, 1400), 'ipv4', 1)?.mtuBytes).toBe(1400);
    expect(parseIcmpError(error4(3, 4, syn, 0), 'ipv4', 1)?.mtuBytes).toBeUndefined();
    expect(parseIcmpError(error4(3, 1, syn, 1400), 'ipv4', 1)?.mtuBytes).toBeUndefined();
    expect(parseIcmpError(error6(2, 0, syn6, 4_000_000_000), 'ipv6', 1)?.mtuBytes).toBe(4_000_000_000);
    expect(parseIcmpError(error6(1, 0, syn6, 1280), 'ipv6', 1)?.mtuBytes).toBeUndefined();
  });

  test.each([
    ['echo', ipv4({ source: ROUTER, destination: CLIENT, protocol: 1 }, icmp(8, 0, Buffer.alloc(40)))],
    ['redirect', error4(5, 1, syn)],
    ['source quench', error4(4, 0, syn)],
    ['UDP', reply],
    ['an error without a quote', error4(3, 1, Buffer.alloc(0))],
    ['a quote cut before its ports', error4(3, 1, syn.subarray(0, 23))],
    ['a quote that is no IPv4', error4(3, 1, syn6)],
    ['a cut header', error4(3, 1, syn).subarray(0, 19)],
    ['nothing', Buffer.alloc(0)],
    ['ICMPv6 in IPv4', ipv4({ source: ROUTER, destination: CLIENT, protocol: 58 }, icmpError(1, 4, syn6))],
    [
      'a later fragment',
      ipv4({ source: ROUTER, destination: CLIENT, protocol: 1, fragmentOffset: 1 }, icmpError(3, 1, syn)),
    ],
  ])('%s is none', (_name, bytes) => {
    expect(parseIcmpError(bytes, 'ipv4', 1)).toBeUndefined();
  });

  test('what follows the packet in the frame is no part of the quote', () => {
    const cutQuote = error4(3, 1, syn.subarray(0, 20));
    expect(quoted4(Buffer.concat([cutQuote, Buffer.from('0fa00050', 'hex')]))).toBeUndefined();
  });
});
