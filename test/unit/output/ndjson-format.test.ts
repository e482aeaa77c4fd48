import { describe, expect, test } from '@jest/globals';
import { FLOW_ATTRIBUTES } from '../../../src/model/flow-attributes.ts';
import { NDJSON_FORMAT } from '../../../src/output/ndjson-format.ts';
import { createSampleRecord, createSampleRecords, SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';

function parseLines(text: string): Record<string, unknown>[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('NDJSON', () => {
  test('has one object a record and line', () => {
    const lines = parseLines(NDJSON_FORMAT.encode(createSampleRecords(50)));
    expect(lines).toHaveLength(50);
    expect(new Set(lines.map((line) => line['flow.community_id'])).size).toBe(50);
  });

  test('has the time, the trace id and the attributes that are there, under their names', () => {
    const record = createSampleRecord(7);
    const [line = {}] = parseLines(NDJSON_FORMAT.encode([record]));
    const { time_unix_nano: time, trace_id: traceId, ...attributes } = line;
    expect(time).toBe(SAMPLE_TIME_NS + 10e9);
    const digest = Buffer.from(record.communityId.slice(2), 'base64').subarray(0, 16);
    expect(traceId).toBe(digest.toString('hex'));
    const present = FLOW_ATTRIBUTES.filter(({ read }) => read(record) !== undefined);
    expect(attributes).toEqual(Object.fromEntries(present.map(({ name, read }) => [name, read(record)])));
  });

  test('leaves out what is absent, also the trace id of what is no Community ID', () => {
    const [line] = parseLines(
      NDJSON_FORMAT.encode([createSampleRecord(0, { rttNs: undefined, sourcePort: undefined, communityId: 'none' })]),
    );
    expect(line).not.toHaveProperty(['flow.tcp.rndtrip.latency']);
    expect(line).not.toHaveProperty(['source.port']);
    expect(line).not.toHaveProperty(['trace_id']);
    expect(line).toHaveProperty(['flow.tcp.retransmits.delta'], 1);
  });

  test.each([2 ** 53 + 2, 1_795_258_800_000_000_256, 2 ** 60 + 2 ** 9, 0, 999])(
    'writes every digit of %d',
    (startNs) => {
      const text = NDJSON_FORMAT.encode([createSampleRecord(0, { startNs })]);
      expect(text).toContain(`"flow.start":${BigInt(startNs)},`);
    },
  );

  test('leaves out numbers that JSON has no form for', () => {
    const [line] = parseLines(NDJSON_FORMAT.encode([createSampleRecord(0, { rttNs: NaN, bytes: Infinity })]));
    expect(line).not.toHaveProperty(['flow.tcp.rndtrip.latency']);
    expect(line).not.toHaveProperty(['flow.bytes.delta']);
  });

  test('keeps a name with quotes, control characters and line feeds on its line', () => {
    const interfaceName = 'a"\\\n\u0001\u2028é';
    const [line] = parseLines(NDJSON_FORMAT.encode([createSampleRecord(0, { interfaceName })]));
    expect(line?.['network.interface.name']).toBe(interfaceName);
  });
});
