import { describe, expect, test } from '@jest/globals';
import { LineParser } from '../../../src/evidence/line-parser.ts';
import type { LineOutcome } from '../../../src/evidence/told-drop.ts';
import { parseVpcFormat, parseVpcHeader, type VpcLayout } from '../../../src/evidence/vpc-layout.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { VPC_SAMPLES } from '../../support/aws-log-samples.ts';

function parse(format: string, line: string): LineOutcome {
  const parser = new LineParser('auto', undefined);
  expect(parser.parse(format)).toEqual({ kind: 'passed_over', reason: 'header' });
  return parser.parse(line);
}

/** A record with some fields, in the order of the keys. */
function parseFields(fields: Readonly<Record<string, string | number>>): LineOutcome {
  return parse(Object.keys(fields).join(' '), Object.values(fields).join(' '));
}

function layoutOf(format: string): VpcLayout {
  const layout = parseVpcFormat(format);
  if ('problem' in layout) throw new TypeError(layout.problem);
  return layout;
}

const REJECTED = {
  action: 'REJECT',
  protocol: 6,
  srcaddr: '10.0.1.5',
  dstaddr: '10.0.2.9',
  srcport: 44232,
  dstport: 8080,
} as const;

const SAMPLE_OUTCOMES: Readonly<Record<string, object>> = {
  'accepted-ssh': { kind: 'passed_over', reason: 'accepted' },
  'rejected-rdp': {
    kind: 'drop',
    drop: {
      source: 'vpc_flow_log',
      reason: 'vpc_reject',
      detail: 'eni-1235b8ca123456789',
      protocolNumber: 6,
      sourceAddress: Uint8Array.of(172, 31, 9, 69),
      destinationAddress: Uint8Array.of(172, 31, 9, 12),
      ports: { source: 49761, destination: 3389 },
      startNs: 1418530010e9,
      endNs: 1418530070e9,
      packets: 20,
      bytes: 4249,
      direction: 'unknown',
      initiator: 'guess',
    },
  },
  nodata: { kind: 'passed_over', reason: 'no_data' },
  skipdata: { kind: 'passed_over', reason: 'skipped_data' },
  'icmp-accept': { kind: 'passed_over', reason: 'accepted' },
  'icmp-reply-rejected': { kind: 'drop', drop: { protocolNumber: 1, ports: undefined, packets: 4, bytes: 336 } },
  ipv6: { kind: 'passed_over', reason: 'accepted' },
  'nat-gateway-egress': { kind: 'passed_over', reason: 'no_action' },
};

describe('records of VPC flow logs', () => {
  test.each(VPC_SAMPLES.samples)('$name: $line', ({ name, format, line }) => {
    const expected = SAMPLE_OUTCOMES[name];
    if (expected === undefined) throw new TypeError(`nothing is expected of ${name}`);
    expect(parse(format, line)).toMatchObject(expected);
  });

  test('a format is taken in each of its forms', () => {
    const { default_format: names, default_format_aws_template: template } = VPC_SAMPLES;
    const layout = layoutOf(names);
    expect(layout).toMatchObject({ fieldCount: 14, position: { srcaddr: 3, action: 12, 'log-status': 13 } });
    for (const text of [template, names.replaceAll(' ', ','), ` ${names}  `, 'default'])
      expect(layoutOf(text)).toEqual(layout);
    expect(parseVpcHeader(names)).toEqual(layout);
    expect(parseVpcHeader(names.replaceAll('-', '_'))).toEqual(layout);
  });

  test('the order of the fields is the format’s, with any others between', () => {
    const random = seededRandom(7);
    const known = VPC_SAMPLES.fields.map(({ name }) => name);
    const values: Readonly<Record<string, string | number>> = {
      ...REJECTED,
      packets: 3,
      bytes: 180,
      start: 1418530010,
    };
    const expected = parseFields(values);
    expect(expected).toMatchObject({ kind: 'drop', drop: { packets: 3, bytes: 180 } });
    for (let round = 0; round < 200; round++) {
      const others = known.filter((name) => !(name in values) && random(3) === 0);
      const names = [...Object.keys(values), ...others].map((name) => ({ name, at: random(1e6) }));
      const format = names.toSorted((a, b) => a.at - b.at).map(({ name }) => name);
      const line = format.map((name) => values[name] ?? '-').join(' ');
      expect(parse(format.join(' '), line)).toEqual(expected);
      const given = new LineParser('vpc-flow-log', layoutOf(format.map((name) => `\${${name}}`).join(' ')));
      expect(given.parse(line)).toEqual(expected);
    }
  });

  test('the addresses of the packets go before those of the interface', () => {
    const pkt = { 'pkt-srcaddr': '100.64.0.7', 'pkt-dstaddr': '100.64.3.9' };
    expect(parseFields({ ...REJECTED, ...pkt })).toMatchObject({
      drop: { sourceAddress: Uint8Array.of(100, 64, 0, 7), destinationAddress: Uint8Array.of(100, 64, 3, 9) },
    });
    expect(parseFields({ ...REJECTED, 'pkt-srcaddr': '-', 'pkt-dstaddr': '100.64.3.9' })).toMatchObject({
      drop: { sourceAddress: Uint8Array.of(10, 0, 1, 5), destinationAddress: Uint8Array.of(100, 64, 3, 9) },
    });
  });

  test.each([
    [2, 'syn'],
    [3, 'syn'],
    [18, 'guess'],
    [0, 'guess'],
    ['-', 'guess'],
  ])('tcp-flags %s: the initiator is told by %s', (flags, initiator) => {
    expect(parseFields({ ...REJECTED, 'tcp-flags': flags })).toMatchObject({ drop: { initiator } });
  });

  test.each([
    [{ 'reject-reason': 'BPA', 'flow-direction': 'egress', 'interface-id': 'eni-1' }, 'BPA', 'egress'],
    [{ 'reject-reason': '-', 'flow-direction': 'ingress', 'interface-id': 'eni-1' }, 'ingress eni-1', 'ingress'],
    [{ 'interface-id': 'eni-1' }, 'eni-1', 'unknown'],
    [{ 'interface-id': '-' }, 'REJECT', 'unknown'],
    [{ 'interface-id': '<script>' }, 'REJECT', 'unknown'],
  ])('%j: its detail is "%s"', (fields, detail, direction) => {
    expect(parseFields({ ...REJECTED, ...fields })).toMatchObject({ drop: { detail, direction } });
  });

  test.each([
    [{ ...REJECTED, srcaddr: '-' }, 'field_missing'],
    [{ ...REJECTED, srcaddr: '10.0.0.256' }, 'address'],
    [{ ...REJECTED, dstaddr: 'fd00::1' }, 'address'],
    [{ ...REJECTED, dstaddr: 'fe80::1%eth0' }, 'address'],
    [{ ...REJECTED, protocol: 256 }, 'protocol'],
    [{ ...REJECTED, protocol: '-' }, 'protocol'],
    [{ ...REJECTED, srcport: '-' }, 'port'],
    [{ ...REJECTED, dstport: 65536 }, 'port'],
    [{ ...REJECTED, packets: '1e3' }, 'number'],
    [{ ...REJECTED, bytes: '9223372036854775807' }, 'number'],
    [{ ...REJECTED, start: 'now' }, 'time'],
    [{ ...REJECTED, start: 1418530010000 }, 'time'],
    [{ ...REJECTED, action: 'DROP' }, 'verdict'],
    [{ ...REJECTED, 'log-status': 'FINE' }, 'verdict'],
  ])('refuses %j', (fields, reason) => {
    expect(parseFields(fields)).toMatchObject({ kind: 'malformed', reason, problem: expect.stringMatching(/\w/) });
  });

  test('a line with more or fewer fields than the format is refused', () => {
    const { format, line } = VPC_SAMPLES.samples[1] ?? { format: '', line: '' };
    for (const wrong of [`${line} 7`, line.slice(0, line.lastIndexOf(' ')), line.replace(' ', '  ')])
      expect(parse(format, wrong)).toMatchObject({ kind: 'malformed', reason: 'field_count' });
  });

  test('without a header or a format nothing is read by position', () => {
    const line = VPC_SAMPLES.samples[1]?.line ?? '';
    for (const format of ['auto', 'vpc-flow-log'] as const)
      expect(new LineParser(format, undefined).parse(line)).toMatchObject({ reason: 'format_unknown' });
  });

  test('a header counts for its own file alone', () => {
    const [sample] = VPC_SAMPLES.samples;
    const parser = new LineParser('auto', undefined);
    parser.parse(sample?.format ?? '');
    parser.forgetHeader();
    expect(parser.parse(sample?.line ?? '')).toMatchObject({ reason: 'format_unknown' });
  });

  test('comes with the time of an export, and in the JSON of CloudWatch', () => {
    const { line = '' } = VPC_SAMPLES.samples[1] ?? {};
    const parser = new LineParser('auto', layoutOf('default'));
    const expected = parser.parse(line);
    expect(expected).toMatchObject({ kind: 'drop', drop: { packets: 20 } });
    expect(parser.parse(`2014-12-14T04:07:50.000Z ${line}`)).toEqual(expected);
    expect(parser.parse(JSON.stringify({ id: '3', timestamp: 1418530010000, message: line }))).toEqual(expected);
  });

  test.each([
    ['srcaddr dstaddr protocol', 'has no action, without which no drop can be told'],
    ['action protocol dstaddr', 'has no srcaddr or pkt-srcaddr, without which no drop can be told'],
    ['action protocol srcaddr dstaddr action', 'has action twice'],
    ['action, Protocol', 'has "Protocol", no name of a field'],
    ['', 'has "", no name of a field'],
  ])('a format "%s" cannot be used', (format, problem) => {
    expect(parseVpcFormat(format)).toEqual({ problem });
  });

  test.each(['two words', 'the start of an action', 'srcaddr srcaddr dstaddr', 'srcaddr DSTADDR action'])(
    '"%s" is no header',
    (line) => {
      const known = line.split(' ').filter((word) => ['start', 'action', 'end'].includes(word)).length;
      expect(parseVpcHeader(line) === undefined).toBe(known < 2);
    },
  );
});
