import { describe, expect, test } from '@jest/globals';
import { EvidenceTally } from '../../../src/evidence/evidence-tally.ts';
import { LogReader, type LogReaderOptions } from '../../../src/evidence/log-reader.ts';
import { toEvidenceSummary } from '../../../src/evidence/to-evidence-summary.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { AGENT_CLOUDWATCH_LINES, AGENT_FILE_LINES, VPC_SAMPLES } from '../../support/aws-log-samples.ts';

const NOW_NS = Date.UTC(2026, 0, 2, 3, 4, 5, 678) * 1e6;
const DENY =
  'Flow Info: Src IP: 10.0.1.5 Src Port: 44232 Dest IP: 10.0.2.9 Dest Port: 8080 Proto TCP Verdict DENY Direction ingress, Tier NETWORK_POLICY';
const REJECT = '2 123456789010 eni-1 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK';

interface Run {
  readonly records: readonly FlowRecord[];
  readonly summary: ReturnType<typeof toEvidenceSummary>;
  readonly warnings: readonly Readonly<Record<string, unknown>>[];
}

function read(lines: readonly string[], options: Partial<LogReaderOptions> = {}): Run {
  const warnings: Record<string, unknown>[] = [];
  const ignore = (): void => undefined;
  const warn = (fields: object, msg: string): void => void warnings.push({ ...fields, msg });
  const tally = new EvidenceTally();
  const defaults = { path: 'a.log', format: 'auto', layout: undefined, intervalMs: 10_000 } as const;
  const log = { debug: ignore, info: ignore, error: ignore, warn };
  const reader = new LogReader({ ...defaults, nowNs: () => NOW_NS, ...options }, tally, log);
  const records = [...reader.read(Buffer.from(`${lines.join('\n')}\n`)), ...reader.endFile()];
  return { records, summary: toEvidenceSummary(tally), warnings };
}

describe('a log of others', () => {
  test('becomes records that say whose evidence they are, and count no traffic', () => {
    const zap = JSON.stringify({ level: 'info', ts: '2023-10-04T20:02:43.123Z', msg: DENY });
    const { records } = read([zap, VPC_SAMPLES.default_format, REJECT]);
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      event: 'end',
      sequence: 0,
      intervalStartNs: Date.UTC(2023, 9, 4, 20, 2, 40) * 1e6,
      intervalEndNs: Date.UTC(2023, 9, 4, 20, 2, 50) * 1e6,
      startNs: Date.UTC(2023, 9, 4, 20, 2, 43, 123) * 1e6,
      communityId: '1:WCbbVbFyOTv+q7UXBzFCWULRNqA=',
      sourceAddress: '10.0.1.5',
      sourcePort: 44232,
      destinationAddress: '10.0.2.9',
      destinationPort: 8080,
      transport: 'tcp',
      networkType: 'ipv4',
      direction: 'ingress',
      verdict: 'dropped',
      dropReason: 'policy_agent_deny',
      dropDetail: 'NETWORK_POLICY',
      dropPackets: 1,
      dropBytes: undefined,
      evidence: 'network_policy_agent',
    });
    expect(records[1]).toMatchObject({
      intervalStartNs: 1418530010e9,
      intervalEndNs: 1418530020e9,
      startNs: 1418530010e9,
      endNs: 1418530070e9,
      dropReason: 'vpc_reject',
      dropPackets: 20,
      dropBytes: 4249,
      evidence: 'vpc_flow_log',
    });
    for (const { bytes, packets, reverseBytes, reversePackets } of records)
      expect([bytes, packets, reverseBytes, reversePackets]).toEqual([0, 0, 0, 0]);
  });

  test('without a time is of the time of its reading', () => {
    const [record] = read([DENY], { intervalMs: 1_000 }).records;
    expect(record).toMatchObject({ startNs: NOW_NS, intervalStartNs: Date.UTC(2026, 0, 2, 3, 4, 5) * 1e6 });
  });

  test('read twice makes the same records, as far as its lines tell a time', () => {
    const ids = (lines: readonly string[]): string[] => read(lines).records.map(({ flowId }) => flowId);
    const timed = [VPC_SAMPLES.default_format, REJECT];
    expect(ids(timed)).toEqual(ids(timed));
    expect(ids([DENY, DENY])[0]).not.toBe(ids([DENY, DENY])[1]);
    expect(ids([DENY, DENY])[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('every line is a record, passed over or malformed', () => {
    const agent = [...AGENT_FILE_LINES, ...AGENT_CLOUDWATCH_LINES].map(({ line }) => line);
    const vpc = VPC_SAMPLES.samples.flatMap(({ format, line }) => [format, line]);
    const lines = [...agent, ...vpc, 'x'.repeat(300_000), '{"a', '', '{}'];
    const { records, summary } = read(lines);
    expect(summary).toEqual({
      lines: lines.length,
      records: records.length,
      passedOver: { accepted: 6, no_data: 1, skipped_data: 1, header: 8, no_action: 1, empty: 1, other_message: 1 },
      malformed: { line_too_long: 1, json: 1 },
      unexplainedLines: 0,
    });
    expect(records).toHaveLength(6);
  });

  test('the first bad lines are told with their number, then their sum', () => {
    const bad = Array.from({ length: 12 }, (_, i) => `nonsense ${i} ${'.'.repeat(400)}`);
    const { warnings, records } = read([DENY, ...bad, DENY]);
    expect(records).toHaveLength(2);
    expect(warnings).toHaveLength(6);
    expect(warnings[0]).toMatchObject({ path: 'a.log', line: 2, reason: 'format_unknown' });
    expect(String(warnings[0]?.['text'])).toMatch(/^nonsense 0 \.+$/);
    expect(String(warnings[0]?.['text']).length).toBeLessThan(200);
    expect(warnings[5]).toMatchObject({ lines: 12 });
  });

  test('records that AWS lost are told', () => {
    const skipped = VPC_SAMPLES.samples.find(({ name }) => name === 'skipdata');
    const { warnings } = read([skipped?.format ?? '', skipped?.line ?? '', skipped?.line ?? '']);
    expect(warnings).toEqual([{ path: 'a.log', windows: 2, msg: expect.stringContaining('SKIPDATA') }]);
  });
});
