import { describe, expect, test } from '@jest/globals';
import { LineParser } from '../../../src/evidence/line-parser.ts';
import type { LineOutcome, ToldDrop } from '../../../src/evidence/told-drop.ts';
import { AGENT_CLOUDWATCH_LINES, AGENT_FILE_LINES, type ParsedSample } from '../../support/aws-log-samples.ts';

const TS = '2023-10-04T20:02:43.123Z';
const TS_NS = Date.UTC(2023, 9, 4, 20, 2, 43, 123) * 1e6;
const V4 = '10.0.1.5 Src Port: 44232 Dest IP: 10.0.2.9 Dest Port: 8080 Proto';
const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132, ICMP: 1 };

function parse(line: string): LineOutcome {
  return new LineParser('auto', undefined).parse(line);
}

function parseDrop(line: string): ToldDrop {
  const outcome = parse(line);
  if (outcome.kind !== 'drop') throw new TypeError(`${JSON.stringify(outcome)} of ${line}`);
  return outcome.drop;
}

/** The bytes of a sample's address, written out. */
function toBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail = ''] = address.split('::').map((half) => half.split(':').join(' '));
  const words = (text: string): number[] => (text === '' ? [] : text.split(' ').map((word) => parseInt(word, 16)));
  const groups = [
    ...words(head),
    ...Array<number>(8 - words(head).length - words(tail).length).fill(0),
    ...words(tail),
  ];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function expectedOf(parsed: ParsedSample): object {
  if (parsed.verdict === 'ACCEPT') return { kind: 'passed_over', reason: 'accepted' };
  return {
    kind: 'drop',
    drop: {
      source: 'network_policy_agent',
      reason: 'policy_agent_deny',
      detail: parsed.tier ?? 'DENY',
      protocolNumber: PROTOCOLS[parsed.proto],
      sourceAddress: Uint8Array.from(toBytes(parsed.src)),
      destinationAddress: Uint8Array.from(toBytes(parsed.dst)),
      ports: { source: parsed.sport, destination: parsed.dport },
      packets: 1,
      bytes: undefined,
      direction: parsed.direction ?? 'unknown',
      initiator: 'guess',
    },
  };
}

const SAMPLES = [...AGENT_FILE_LINES, ...AGENT_CLOUDWATCH_LINES];

describe('lines of the network policy agent', () => {
  test('there are samples of all forms, allowing and denying', () => {
    expect(AGENT_FILE_LINES.length).toBeGreaterThanOrEqual(5);
    expect(AGENT_CLOUDWATCH_LINES.length).toBeGreaterThanOrEqual(2);
    expect(SAMPLES.filter(({ parsed }) => parsed.verdict === 'DENY').length).toBeGreaterThanOrEqual(4);
  });

  test.each(SAMPLES)('$line', ({ line, parsed }) => {
    expect(parse(line)).toMatchObject(expectedOf(parsed));
  });

  test.each(SAMPLES)('the same denying: $line', ({ line, parsed }) => {
    const denying = { ...parsed, verdict: 'DENY' };
    expect(parse(line.replace('ACCEPT', 'DENY'))).toMatchObject(expectedOf(denying));
  });

  test.each(SAMPLES.filter(({ line }) => !line.startsWith('{')))('in the envelopes it comes in: $line', (sample) => {
    const { line, parsed } = sample;
    const zap = JSON.stringify({ level: 'info', ts: TS, caller: 'events/events.go:1', msg: line });
    const envelopes = [
      zap,
      JSON.stringify({ level: 'info', ts: 1696449763.123, msg: line }),
      JSON.stringify({ timestamp: 1696449763123, message: line }),
      JSON.stringify({ log: `${zap}\n`, stream: 'stderr' }),
      `${TS} ${line}`,
      `${TS} ${zap}`,
    ];
    for (const envelope of envelopes) {
      expect(parse(envelope)).toMatchObject(expectedOf(parsed));
      if (parsed.verdict === 'DENY') expect(parseDrop(envelope)).toMatchObject({ startNs: TS_NS, endNs: TS_NS });
    }
    if (parsed.verdict === 'DENY') expect(parseDrop(line).startNs).toBeUndefined();
  });

  test.each(['TCP', 'UDP', 'SCTP', 'ICMP'])('%s is told by its number', (word) => {
    const drop = parseDrop(`Flow Info: Src IP: ${V4} ${word} Verdict DENY Direction egress, Tier ADMIN`);
    expect(drop.protocolNumber).toBe(PROTOCOLS[word]);
    expect(drop.ports === undefined).toBe(word === 'ICMP');
    expect(drop).toMatchObject({ direction: 'egress', detail: 'ADMIN' });
  });

  test.each(['RESERVED', 'ANY PROTOCOL', 'UNKNOWN'])('%s names no protocol', (word) => {
    const outcome = { kind: 'passed_over', reason: 'protocol_not_told' };
    expect(parse(`Flow Info: Src IP: ${V4} ${word} Verdict DENY Direction ingress`)).toEqual(outcome);
  });

  test.each([
    [`Flow Info: Src IP: ${V4} TCP Verdict EXPIRED/DELETED Direction ingress`, 'expired'],
    ['{"level":"info","ts":"2023-10-04T20:02:43.123Z","msg":"Starting the prober"}', 'other_message'],
    ['{"level":"info"}', 'other_message'],
    ['   ', 'empty'],
  ])('passes over %s', (line, reason) => {
    expect(parse(line)).toEqual({ kind: 'passed_over', reason });
  });

  test.each([
    ['Flow Info: Src IP: 10.0.1.5 Src Port: 44232 Dest IP: 10.0.2.9', 'field_missing'],
    [`Flow Info: Src IP: ${V4} TCP Verdict MAYBE Direction ingress`, 'verdict'],
    ['Flow Info: Src IP: 10.0.1 Src Port: 1 Dest IP: 10.0.2.9 Dest Port: 2 Proto TCP Verdict DENY', 'address'],
    ['Flow Info: Src IP: 10.0.1.1 Src Port: 1 Dest IP: fd00::1 Dest Port: 2 Proto TCP Verdict DENY', 'address'],
    ['Flow Info: Src IP: 10.0.1.1 Src Port: 65536 Dest IP: 10.0.2.9 Dest Port: 2 Proto TCP Verdict DENY', 'port'],
    ['Flow Info: Src IP: 10.0.1.1 Src Port: 1 Dest IP: 10.0.2.9 Dest Port: -2 Proto TCP Verdict DENY', 'port'],
    ['{"msg":"Flow Info:  ","Src IP":"10.0.1.5","Verdict":"DENY"}', 'field_missing'],
    ['{"level":"info","msg":"Flow Info: Src', 'json'],
    ['Node: n;SIP: 10.0.1.5;SPORT: 1;DPORT: 2;PROTOCOL: TCP;PolicyVerdict: DENY', 'field_missing'],
    ['Node: n;SIP: a;SPORT: 1;DIP: b;DPORT: 2;PROTOCOL: tcp/6;PolicyVerdict: DENY', 'protocol'],
  ])('refuses %s', (line, reason) => {
    expect(parse(line)).toMatchObject({ kind: 'malformed', reason, problem: expect.stringMatching(/\w/) });
  });

  test('where it is told what the log is, other text is another message', () => {
    const parser = new LineParser('network-policy-agent', undefined);
    expect(parser.parse('starting up')).toEqual({ kind: 'passed_over', reason: 'other_message' });
    expect(parse('starting up')).toMatchObject({ kind: 'malformed', reason: 'format_unknown' });
  });

  test('a tier that is no word of the agent is not told on', () => {
    const line = `Node: n;SIP: 10.0.1.5;SPORT: 1;DIP: 10.0.2.9;DPORT: 2;PROTOCOL: TCP;PolicyVerdict: DENY;Tier: <b>x</b>`;
    expect(parseDrop(line).detail).toBe('DENY');
  });
});
