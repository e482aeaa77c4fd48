import { beforeEach, describe, expect, test } from '@jest/globals';
import { DecodedPacket } from '../../../src/capture/packet/decoded-packet.ts';
import { decodeFrame } from '../../../src/capture/packet/decode-frame.ts';
import { FragmentTable } from '../../../src/capture/packet/fragment-table.ts';
import { LINK_TYPE, type LinkType } from '../../../src/capture/packet/link-type.ts';
import { readKey } from '../../support/collecting-sink.ts';
import {
  cooked,
  cooked2,
  ethernet,
  extensionHeader,
  fragmentHeader,
  icmp,
  ipv4,
  ipv6,
  PROTOCOL,
  sctp,
  tcp,
  udp,
  uint16,
  uint32,
} from '../../support/packet-builder.ts';

const LOW = '10.0.0.9';
const HIGH = '200.0.0.1';
const LOW6 = 'fd00::1';
const HIGH6 = 'fe80::1';
const LOW6_TEXT = 'fd00:0:0:0:0:0:0:1';
const HIGH6_TEXT = 'fe80:0:0:0:0:0:0:1';

const packet = new DecodedPacket();
let fragments = new FragmentTable();

/** `key sent by side`, or the kind of frame. Decoded at an odd offset with other bytes around. */
function decode(frame: Buffer, linkType: LinkType = LINK_TYPE.ethernet, originalBytes = frame.length): string {
  const bytes = Buffer.concat([Buffer.alloc(3, 0xff), frame, Buffer.alloc(64, 0xff)]);
  const kind = decodeFrame(bytes, 3, 3 + frame.length, originalBytes, linkType, packet, fragments);
  return kind === 'ip' ? `${readKey(keyBytes())} by ${packet.side}` : kind;
}

function keyBytes(): Uint8Array {
  return new Uint8Array(packet.key.buffer, 0, packet.isIpv6 ? 44 : 20);
}

function v4(protocol: number, payload: Buffer, isReversed = false): Buffer {
  const [source, destination] = isReversed ? [HIGH, LOW] : [LOW, HIGH];
  return ethernet(ipv4({ source, destination, protocol }, payload));
}

function v6(nextHeader: number, payload: Buffer, isReversed = false): Buffer {
  const [source, destination] = isReversed ? [HIGH6, LOW6] : [LOW6, HIGH6];
  return ethernet(ipv6({ source, destination, nextHeader }, payload));
}

beforeEach(() => {
  fragments = new FragmentTable();
});

describe('keys and sides', () => {
  test.each([
    ['tcp', v4(6, tcp({ sourcePort: 4000, destinationPort: 80 })), `${LOW}|4000|${HIGH}|80|6|0|0 by 0`],
    ['tcp back', v4(6, tcp({ sourcePort: 80, destinationPort: 4000 }), true), `${LOW}|4000|${HIGH}|80|6|0|0 by 1`],
    ['udp', v4(17, udp(65_535, 53)), `${LOW}|65535|${HIGH}|53|17|0|0 by 0`],
    ['sctp', v4(132, sctp(7, 8), true), `${LOW}|8|${HIGH}|7|132|0|0 by 1`],
    ['dccp has no ports', v4(33, Buffer.alloc(16, 1)), `${LOW}|0|${HIGH}|0|33|0|0 by 0`],
    ['udp-lite has no ports', v4(136, udp(1, 2)), `${LOW}|0|${HIGH}|0|136|0|0 by 0`],
    ['gre', v4(47, Buffer.alloc(4), true), `${LOW}|0|${HIGH}|0|47|0|0 by 1`],
    ['a protocol without payload', v4(59, Buffer.alloc(0)), `${LOW}|0|${HIGH}|0|59|0|0 by 0`],
    [
      'tcp over ipv6',
      v6(6, tcp({ sourcePort: 1, destinationPort: 2 }), true),
      `${LOW6_TEXT}|2|${HIGH6_TEXT}|1|6|0|0 by 1`,
    ],
    [
      'ipv6 addresses that differ in the last byte',
      ethernet(ipv6({ source: 'fd00::ff', destination: 'fd00::1', nextHeader: 17 }, udp(5, 6))),
      'fd00:0:0:0:0:0:0:1|6|fd00:0:0:0:0:0:0:ff|5|17|0|0 by 1',
    ],
    [
      'ipv6 addresses are unsigned too',
      ethernet(ipv6({ source: 'fd00::1', destination: '1::1', nextHeader: 17 }, udp(5, 6))),
      '1:0:0:0:0:0:0:1|6|fd00:0:0:0:0:0:0:1|5|17|0|0 by 1',
    ],
    [
      'addresses above 127.255.255.255 are higher',
      ethernet(ipv4({ source: '128.0.0.1', destination: '127.0.0.1', protocol: 17 }, udp(5, 6))),
      '127.0.0.1|6|128.0.0.1|5|17|0|0 by 1',
    ],
    [
      'equal addresses are ordered by port',
      ethernet(ipv4({ source: '127.0.0.1', destination: '127.0.0.1', protocol: 17 }, udp(9000, 53))),
      '127.0.0.1|53|127.0.0.1|9000|17|0|0 by 1',
    ],
    [
      'ipv4 options are skipped',
      ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17, options: Buffer.alloc(40, 1) }, udp(5, 6))),
      `${LOW}|5|${HIGH}|6|17|0|0 by 0`,
    ],
    [
      'padding is not payload',
      ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5, 6)), { isPadded: true }),
      `${LOW}|5|${HIGH}|6|17|0|0 by 0`,
    ],
  ])('%s', (_name, frame, expected) => {
    expect(decode(frame)).toBe(expected);
  });
});

describe('ICMP', () => {
  test.each([
    ['echo', v4(1, icmp(8, 0)), `${LOW}|8|${HIGH}|0|1|0|0 by 0`],
    ['echo reply falls into the same flow', v4(1, icmp(0, 0), true), `${LOW}|8|${HIGH}|0|1|0|0 by 1`],
    ['timestamp', v4(1, icmp(13, 0), true), `${LOW}|14|${HIGH}|13|1|0|0 by 1`],
    ['unreachable is one-way, the sender first', v4(1, icmp(3, 13), true), `${HIGH}|3|${LOW}|13|1|2|0 by 0`],
    ['redirect is one-way', v4(1, icmp(5, 1)), `${LOW}|5|${HIGH}|1|1|2|0 by 0`],
    ['neighbour solicitation', v6(58, icmp(135, 0)), `${LOW6_TEXT}|135|${HIGH6_TEXT}|136|58|0|0 by 0`],
    ['its advertisement', v6(58, icmp(136, 0), true), `${LOW6_TEXT}|135|${HIGH6_TEXT}|136|58|0|0 by 1`],
    ['packet too big', v6(58, icmp(2, 0), true), `${HIGH6_TEXT}|2|${LOW6_TEXT}|0|58|2|0 by 0`],
    ['two bytes are enough', v4(1, Buffer.from([8, 0])), `${LOW}|8|${HIGH}|0|1|0|0 by 0`],
  ])('%s', (_name, frame, expected) => {
    expect(decode(frame)).toBe(expected);
  });

  test('tells errors from other messages', () => {
    const errors4 = Array.from({ length: 256 }, (_, type) => type).filter((type) => {
      decode(v4(1, icmp(type, 0)));
      return packet.isIcmpError;
    });
    const errors6 = Array.from({ length: 256 }, (_, type) => type).filter((type) => {
      decode(v6(58, icmp(type, 0)));
      return packet.isIcmpError;
    });
    expect(errors4).toEqual([3, 11, 12]);
    expect(errors6).toEqual([1, 2, 3, 4]);
  });
});

describe('IPv6 extension headers', () => {
  const chained = (...extensions: ReturnType<typeof extensionHeader>[]): Buffer =>
    ethernet(ipv6({ source: LOW6, destination: HIGH6, nextHeader: 17, extensions }, udp(5, 6)));
  const expected = `${LOW6_TEXT}|5|${HIGH6_TEXT}|6|17|0|0 by 0`;

  test.each([0, 43, 51, 60, 135, 139, 140])('type %d is walked', (type) => {
    expect(decode(chained(extensionHeader(type, 24)))).toBe(expected);
  });

  test('eight are walked, nine are not', () => {
    const headers = Array.from({ length: 9 }, () => extensionHeader(60));
    expect(decode(chained(...headers.slice(1)))).toBe(expected);
    expect(decode(chained(...headers))).toBe('malformed');
  });

  test('ESP and "no next header" end the walk', () => {
    expect(decode(v6(50, Buffer.alloc(32, 5)))).toBe(`${LOW6_TEXT}|0|${HIGH6_TEXT}|0|50|0|0 by 0`);
    const none = ipv6(
      { source: LOW6, destination: HIGH6, nextHeader: 59, extensions: [extensionHeader(0)] },
      Buffer.alloc(0),
    );
    expect(decode(ethernet(none))).toBe(`${LOW6_TEXT}|0|${HIGH6_TEXT}|0|59|0|0 by 0`);
  });

  test('a length that leads out of the packet is malformed', () => {
    const wild = extensionHeader(60);
    wild.bytes[1] = 255;
    expect(decode(chained(wild))).toBe('malformed');
  });
});

describe('fragments', () => {
  const piece = (id: number, offset: number, isMore: boolean, payload: Buffer, protocol = 17): Buffer =>
    ethernet(
      ipv4({ source: LOW, destination: HIGH, protocol, id, fragmentOffset: offset, isMoreFragments: isMore }, payload),
    );

  test('later ones count to the flow of their first', () => {
    expect(decode(piece(7, 0, true, udp(5, 6, 'first')))).toBe(`${LOW}|5|${HIGH}|6|17|0|0 by 0`);
    expect(decode(piece(7, 2, true, Buffer.alloc(8, 0xee)))).toBe(`${LOW}|5|${HIGH}|6|17|0|0 by 0`);
    expect(decode(piece(7, 3, false, Buffer.alloc(1)))).toBe(`${LOW}|5|${HIGH}|6|17|0|0 by 0`);
  });

  test('without their first they count to the address pair', () => {
    decode(piece(7, 0, true, udp(5, 6, 'first')));
    expect(decode(piece(8, 2, false, Buffer.alloc(8)))).toBe(`${LOW}|0|${HIGH}|0|17|1|0 by 0`);
    expect(decode(piece(7, 2, false, Buffer.alloc(8), 6))).toBe(`${LOW}|0|${HIGH}|0|6|1|0 by 0`);
  });

  test('of one-way ICMP keep type, code and sender', () => {
    const fields = { source: HIGH, destination: LOW, protocol: 1, id: 3 };
    const first = ethernet(ipv4({ ...fields, isMoreFragments: true }, icmp(3, 13)));
    const later = ethernet(ipv4({ ...fields, fragmentOffset: 1 }, Buffer.alloc(8)));
    expect(decode(first)).toBe(`${HIGH}|3|${LOW}|13|1|2|0 by 0`);
    expect(decode(later)).toBe(`${HIGH}|3|${LOW}|13|1|2|0 by 0`);
    expect(packet.isIcmpError).toBe(false);
  });

  test('of IPv6 are told by identification alone, whatever header follows in the first', () => {
    const of = (offset: number, isMore: boolean, inner: boolean, id = 0xfffffffe): Buffer =>
      ethernet(
        ipv6(
          {
            source: HIGH6,
            destination: LOW6,
            nextHeader: inner ? 17 : 60,
            extensions: [
              extensionHeader(0),
              fragmentHeader(id, offset, isMore),
              ...(inner ? [extensionHeader(60)] : []),
            ],
          },
          udp(5, 6, 'abcdefgh'),
        ),
      );
    expect(decode(of(0, true, true))).toBe(`${LOW6_TEXT}|6|${HIGH6_TEXT}|5|17|0|0 by 1`);
    expect(decode(of(9, false, false))).toBe(`${LOW6_TEXT}|6|${HIGH6_TEXT}|5|17|0|0 by 1`);
    expect(decode(of(9, false, false, 1))).toBe(`${LOW6_TEXT}|0|${HIGH6_TEXT}|0|60|1|0 by 1`);
  });

  test('the oldest of 4,097 datagrams is forgotten, the others are not', () => {
    const first = (n: number): Buffer => piece(n, 0, true, udp(n, 9));
    for (let n = 0; n <= 4096; n++) decode(first(n));
    expect(decode(piece(0, 1, false, Buffer.alloc(8)))).toBe(`${LOW}|0|${HIGH}|0|17|1|0 by 0`);
    for (const n of [1, 2, 2048, 4095, 4096])
      expect(decode(piece(n, 1, false, Buffer.alloc(8)))).toBe(`${LOW}|${n}|${HIGH}|9|17|0|0 by 0`);
  });

  test('of many more datagrams the last 4,096 are known', () => {
    for (let n = 0; n < 12_000; n++) decode(piece(n, 0, true, udp(n, 9)));
    const isKnown = (n: number): boolean => !decode(piece(n, 1, false, Buffer.alloc(8))).includes('|17|1|');
    const known = Array.from({ length: 12_000 }, (_, n) => n).filter(isKnown);
    expect(known).toEqual(Array.from({ length: 4096 }, (_, i) => 12_000 - 4096 + i));
  });

  test('a datagram whose identification comes again replaces the earlier one', () => {
    for (let n = 0; n < 10_000; n++) decode(piece(5, 0, true, udp(n, 9)));
    expect(decode(piece(5, 1, false, Buffer.alloc(8)))).toBe(`${LOW}|9999|${HIGH}|9|17|0|0 by 0`);
  });
});

describe('VLANs', () => {
  const body = ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5, 6));

  test.each([
    [[{ id: 100 }], 100],
    [[{ id: 300, type: 0x88a8 }, { id: 100 }], 300],
    [[{ id: 0xe064 }], 100],
    [[{ id: 0xe000 }, { id: 7 }], 7],
    [[{ id: 0x2000 }], 0],
  ])('%j gives VLAN %d', (tags, vlan) => {
    expect(decode(ethernet(body, { tags }))).toBe(`${LOW}|5|${HIGH}|6|17|0|${vlan} by 0`);
    expect(packet.isTagged).toBe(true);
  });

  test('three tags are one too many', () => {
    expect(decode(ethernet(body, { tags: [{ id: 1 }, { id: 2 }, { id: 3 }] }))).toBe('nonIp');
  });

  test('an untagged frame after a tagged one is untagged', () => {
    decode(ethernet(body, { tags: [{ id: 100 }] }));
    expect(decode(ethernet(body))).toBe(`${LOW}|5|${HIGH}|6|17|0|0 by 0`);
    expect(packet.isTagged).toBe(false);
  });
});

describe('link headers', () => {
  const body = ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5, 6));
  const body6 = ipv6({ source: LOW6, destination: HIGH6, nextHeader: 17 }, udp(5, 6));
  const expected = `${LOW}|5|${HIGH}|6|17|0|0 by 0`;
  const expected6 = `${LOW6_TEXT}|5|${HIGH6_TEXT}|6|17|0|0 by 0`;
  const behind = (head: Buffer, payload: Buffer): Buffer => Buffer.concat([head, payload]);

  test.each([
    ['raw', LINK_TYPE.raw, body, expected],
    ['raw IPv6', LINK_TYPE.raw, body6, expected6],
    ['IPv4 link', LINK_TYPE.ipv4, body, expected],
    ['IPv6 link', LINK_TYPE.ipv6, body6, expected6],
    ['raw, another version', LINK_TYPE.raw, Buffer.alloc(40, 0x50), 'nonIp'],
    ['raw, nothing', LINK_TYPE.raw, Buffer.alloc(0), 'nonIp'],
    ['loop', LINK_TYPE.loop, behind(uint32(2), body), expected],
    ['null, little-endian', LINK_TYPE.null, behind(uint32(2).reverse(), body), expected],
    ['null, big-endian', LINK_TYPE.null, behind(uint32(2), body), expected],
    ['null, IPv6 of Darwin', LINK_TYPE.null, behind(uint32(30).reverse(), body6), expected6],
    ['null, IPv6 of FreeBSD', LINK_TYPE.null, behind(uint32(28), body6), expected6],
    ['loop, another family', LINK_TYPE.loop, behind(uint32(7), body), 'nonIp'],
    [
      'cooked with a tag',
      LINK_TYPE.linuxSll,
      cooked(0, behind(uint16(5), behind(uint16(0x800), body)), 0x8100),
      `${LOW}|5|${HIGH}|6|17|0|5 by 0`,
    ],
    ['cooked ARP', LINK_TYPE.linuxSll, cooked(0, Buffer.alloc(28), 0x0806), 'nonIp'],
    ['802.3 length', LINK_TYPE.ethernet, ethernet(body, { etherType: 46 }), 'nonIp'],
    ['cut Ethernet', LINK_TYPE.ethernet, ethernet(body).subarray(0, 13), 'nonIp'],
    ['cut cooked', LINK_TYPE.linuxSll2, cooked2(0, body).subarray(0, 19), 'nonIp'],
    ['cut tag', LINK_TYPE.ethernet, ethernet(body, { tags: [{ id: 1 }] }).subarray(0, 17), 'nonIp'],
  ])('%s', (_name, linkType, frame, text) => {
    expect(decode(frame, linkType)).toBe(text);
  });

  test('cooked headers tell the direction', () => {
    for (const [header, linkType] of [
      [cooked, LINK_TYPE.linuxSll],
      [cooked2, LINK_TYPE.linuxSll2],
    ] as const) {
      expect(decode(header(4, body), linkType)).toBe(expected);
      expect(packet.seenDirection).toBe(4);
      expect(decode(header(0, body6, 0x86dd), linkType)).toBe(expected6);
      expect(packet.seenDirection).toBe(8);
    }
  });
});

describe('headers that are cut or wrong', () => {
  const fields = { source: LOW, destination: HIGH, protocol: 17 };
  const good = ethernet(ipv4(fields, udp(5, 6, 'payload')));
  const good6 = v6(17, udp(5, 6, 'payload'));

  test.each([
    ['header length below 20', ethernet(ipv4({ ...fields, headerWords: 4 }, udp(5, 6)))],
    ['total length below the header', ethernet(ipv4({ ...fields, totalLength: 19 }, udp(5, 6)))],
    ['total length without room for the transport header', ethernet(ipv4({ ...fields, totalLength: 27 }, udp(5, 6)))],
    ['version 5', ethernet(ipv4({ ...fields, version: 5 }, udp(5, 6)), { etherType: 0x800 })],
    ['IPv4 as IPv6', ethernet(ipv4(fields, udp(5, 6, Buffer.alloc(40))), { etherType: 0x86dd })],
    ['cut within the IPv4 header', good.subarray(0, 33)],
    ['cut within the UDP header', good.subarray(0, 41)],
    ['15 bytes of TCP', v4(6, tcp({ sourcePort: 1, destinationPort: 2 }).subarray(0, 15))],
    ['one byte of ICMP', v4(1, Buffer.from([8]))],
    ['cut within the IPv6 header', good6.subarray(0, 53)],
    ['cut within UDP over IPv6', good6.subarray(0, 61)],
    [
      'cut within an extension header',
      ethernet(
        ipv6({ source: LOW6, destination: HIGH6, nextHeader: 17, extensions: [extensionHeader(0)] }, udp(5, 6)),
      ).subarray(0, 61),
    ],
    [
      'IPv6 payload length without room',
      ethernet(ipv6({ source: LOW6, destination: HIGH6, nextHeader: 17, payloadLength: 7 }, udp(5, 6))),
    ],
  ])('%s', (_name, frame) => {
    expect(decode(frame)).toBe('malformed');
  });

  test('a snapshot length behind the transport header loses nothing', () => {
    expect(decode(good.subarray(0, 42), LINK_TYPE.ethernet, good.length)).toBe(`${LOW}|5|${HIGH}|6|17|0|0 by 0`);
    expect(decode(v4(6, tcp({ sourcePort: 5, destinationPort: 6 })).subarray(0, 50))).toBe(
      `${LOW}|5|${HIGH}|6|6|0|0 by 0`,
    );
  });
});

describe('TCP fields', () => {
  const of = (ipFields: object, payload: string, flags = 'PA'): Buffer =>
    ethernet(
      ipv4(
        { source: LOW, destination: HIGH, protocol: PROTOCOL.tcp, ...ipFields },
        tcp(
          {
            sourcePort: 1,
            destinationPort: 2,
            sequence: 0xfffffff0,
            acknowledgement: 0x80000001,
            flags,
            options: Buffer.alloc(12, 1),
          },
          payload,
        ),
      ),
    );

  test('sequence, acknowledgement, flags and length', () => {
    decode(of({}, 'seven77', 'SFPA'));
    expect(packet.sequence >>> 0).toBe(0xfffffff0);
    expect(packet.acknowledgement >>> 0).toBe(0x80000001);
    expect(packet.tcpFlags).toBe(0x1b);
    expect(packet.segmentBytes).toBe(9);
  });

  test('Ethernet padding is no payload', () => {
    const frame = Buffer.concat([of({}, ''), Buffer.alloc(6)]);
    decode(frame);
    expect(packet.segmentBytes).toBe(0);
  });

  test('a total length of 0 stands for the rest of the frame on the wire', () => {
    decode(of({ totalLength: 0 }, ''), LINK_TYPE.ethernet, 100_066);
    expect(packet.segmentBytes).toBe(100_000);
  });

  test('a data offset behind the packet leaves no payload', () => {
    const frame = of({}, 'x');
    frame[14 + 20 + 12] = 0xf0;
    decode(frame);
    expect(packet.segmentBytes).toBe(0);
  });

  test('a later fragment has none', () => {
    decode(of({ isMoreFragments: true }, 'first'));
    expect(packet.isTcp).toBe(true);
    decode(ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 6, fragmentOffset: 4 }, Buffer.alloc(40, 0xff))));
    expect(packet.isTcp).toBe(false);
  });
});
