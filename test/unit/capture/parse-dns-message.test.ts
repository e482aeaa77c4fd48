import { describe, expect, test } from '@jest/globals';
import { parseDnsMessage } from '../../../src/capture/packet/parse-dns-message.ts';
import { extensionHeader, fragmentHeader, ipv4, ipv6, tcp, udp } from '../../support/packet-builder.ts';

const ENDS = { source: '10.0.0.1', destination: '10.0.0.2' };
const ENDS6 = { source: 'fd00::1', destination: 'fd00::2', nextHeader: 17 };
/** Query for the name servers of the root, and an answer to it; the flags are the second two bytes. */
const QUERY = Buffer.from('aaaa010000010000000000000000020001', 'hex');
const NXDOMAIN = Buffer.from('aaaa818300010000000000000000020001', 'hex');

function v4(payload: Buffer, ports: [number, number] = [5000, 53]): Buffer {
  return ipv4({ ...ENDS, protocol: 17 }, udp(...ports, payload));
}

describe('parseDnsMessage', () => {
  test.each([
    ['a query in IPv4', v4(QUERY), 'ipv4', { isResponse: false, responseCode: 0 }],
    ['a response in IPv4', v4(NXDOMAIN, [53, 5000]), 'ipv4', { isResponse: true, responseCode: 3 }],
    ['from port 53 to 53', v4(QUERY, [53, 53]), 'ipv4', { isResponse: false, responseCode: 0 }],
    ['a query in IPv6', ipv6(ENDS6, udp(5000, 53, QUERY)), 'ipv6', { isResponse: false, responseCode: 0 }],
    [
      'a response behind extension headers',
      ipv6({ ...ENDS6, extensions: [extensionHeader(0), extensionHeader(60, 16)] }, udp(53, 5000, NXDOMAIN)),
      'ipv6',
      { isResponse: true, responseCode: 3 },
    ],
    [
      'a response behind IP options',
      ipv4({ ...ENDS, protocol: 17, options: Buffer.alloc(40, 1) }, udp(53, 5000, NXDOMAIN)),
      'ipv4',
      { isResponse: true, responseCode: 3 },
    ],
    [
      'a first fragment',
      ipv4({ ...ENDS, protocol: 17, isMoreFragments: true }, udp(53, 5000, NXDOMAIN)),
      'ipv4',
      { isResponse: true, responseCode: 3 },
    ],
    ['twelve bytes', v4(NXDOMAIN.subarray(0, 12), [53, 9]), 'ipv4', { isResponse: true, responseCode: 3 }],
    ['captured up to its header', v4(NXDOMAIN, [53, 9]).subarray(0, 40), 'ipv4', { isResponse: true, responseCode: 3 }],
  ] as const)('%s', (_name, bytes, family, expected) => {
    expect(parseDnsMessage(bytes, family, 42)).toEqual({ timeNs: 42, point: 0, ...expected });
  });

  test.each([
    ['update, NOTZONE', 'a80a', 10],
    ['with AD and CD set, SERVFAIL', '81b2', 2],
    ['every bit set', 'ffff', 15],
  ])('a response whatever its opcode and flags: %s', (_name, flags, responseCode) => {
    const payload = Buffer.from(`aaaa${flags}0001000000000000`, 'hex');
    expect(parseDnsMessage(v4(payload, [53, 5000]), 'ipv4', 1)).toEqual({
      timeNs: 1,
      point: 0,
      isResponse: true,
      responseCode,
    });
  });

  test.each([
    ['other ports', v4(QUERY, [5353, 5353]), 'ipv4'],
    ['TCP', ipv4({ ...ENDS, protocol: 6 }, tcp({ sourcePort: 5000, destinationPort: 53 }, QUERY)), 'ipv4'],
    ['eleven bytes', v4(QUERY.subarray(0, 11)), 'ipv4'],
    ['captured one byte short of its header', v4(QUERY).subarray(0, 39), 'ipv4'],
    ['padding behind the IP packet', Buffer.concat([v4(QUERY.subarray(0, 11)), Buffer.alloc(9)]), 'ipv4'],
    [
      'bytes behind the datagram',
      ipv4({ ...ENDS, protocol: 17 }, Buffer.concat([udp(5000, 53, QUERY.subarray(0, 11)), Buffer.alloc(9)])),
      'ipv4',
    ],
    ['a later fragment', ipv4({ ...ENDS, protocol: 17, fragmentOffset: 1 }, udp(5000, 53, QUERY)), 'ipv4'],
    [
      'a later fragment of IPv6',
      ipv6({ ...ENDS6, extensions: [fragmentHeader(1, 1, false)] }, udp(5000, 53, QUERY)),
      'ipv6',
    ],
    ['the other IP version', v4(QUERY), 'ipv6'],
    ['a cut UDP header', v4(QUERY).subarray(0, 27), 'ipv4'],
    ['nothing', Buffer.alloc(0), 'ipv6'],
  ] as const)('none: %s', (_name, bytes, family) => {
    parseDnsMessage(v4(QUERY), 'ipv4', 1);
    expect(parseDnsMessage(bytes, family, 1)).toBeUndefined();
  });
});
