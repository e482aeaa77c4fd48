import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createFlowRecord } from '../../../../src/lib/create-flow-record.ts';
import type { IgnoredAttribute } from '../../../../src/model/otlp-receive-counters.ts';
import { LogsDecoder } from '../../../../src/otlp/receive/logs-decoder.ts';
import type { OtlpEncoding } from '../../../../src/otlp/receive/logs-request.ts';
import type { KeyValue, LogRecord } from '../../../support/otlp-decoder.ts';
import {
  createFullRecord,
  decodeRequest,
  encodeContent,
  encodeFlows,
  ENCODINGS,
  SAMPLE_RESOURCE,
  toContent,
} from '../../../support/otlp-requests.ts';
import { createSampleRecord, createSampleRecords } from '../../../support/otlp-sample-records.ts';

interface Vector {
  name: string;
  type: string;
  json: object;
  protobuf_base64: string;
}
const FIXTURE = new URL('../../../fixtures/otlp/otlp-logs-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { vectors: Vector[] };
const requests = vectors.filter(({ type }) => type === 'ExportLogsServiceRequest');

function toBytes({ json, protobuf_base64: text }: Vector, encoding: OtlpEncoding): Buffer {
  return encoding === 'json' ? Buffer.from(JSON.stringify(json)) : Buffer.from(text, 'base64');
}

/** A flow's log record with these attributes. */
function toFlow(attributes: readonly KeyValue[]): LogRecord {
  return { eventName: 'network.flow', attributes: [...attributes] };
}

const text = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });
const int = (key: string, intValue: string): KeyValue => ({ key, value: { intValue } });

describe.each(ENCODINGS)('%s', (encoding) => {
  test.each(requests)('the vector "$name" is decoded', async (vector) => {
    const request = await decodeRequest(encoding, toBytes(vector, encoding));
    const names = JSON.stringify(vector.json).match(/"eventName":"[^"]*"/g) ?? [];
    expect(request.flows).toHaveLength(names.filter((name) => name.includes('"network.flow"')).length);
    expect(request.recordCount).toBe(JSON.stringify(vector.json).match(/"observedTimeUnixNano"/g)?.length ?? 0);
    expect(Buffer.from(await request.rewrite())).toEqual(toBytes(vector, encoding));
  });

  test('every field of a record comes back', async () => {
    const full = createFullRecord();
    const { flows, resources, recordCount, frameCount } = await decodeRequest(encoding, encodeFlows(encoding, [full]));
    expect(flows).toStrictEqual([full]);
    expect(resources).toEqual([SAMPLE_RESOURCE]);
    expect(recordCount).toBe(1);
    expect(frameCount).toBe(127 + 16_384);
  });

  test('many records come back, and used records keep nothing', async () => {
    const decoder = new LogsDecoder();
    const first = await decodeRequest(
      encoding,
      encodeFlows(encoding, [createFullRecord(), createFullRecord()]),
      decoder,
    );
    const used = [...first.flows];
    decoder.release(first);
    const records = createSampleRecords(1_500);
    const { flows } = await decodeRequest(encoding, encodeFlows(encoding, records), decoder);
    expect(flows).toStrictEqual(records.map((record) => ({ ...record, intervalStartNs: 0 })));
    expect(used.every((record) => flows.includes(record))).toBe(true);
  });

  test('other log records are counted, not taken for flows', async () => {
    const other = { eventName: 'network.flows', attributes: [text('flow.id', 'x')] };
    const content = toContent(other, toFlow([text('flow.id', 'y')]), { attributes: [int('flow.bytes.delta', '1')] });
    const decoder = new LogsDecoder();
    const { flows, recordCount } = await decodeRequest(encoding, encodeContent(encoding, content), decoder);
    expect(flows).toStrictEqual([{ ...createFlowRecord(), flowId: 'y' }]);
    expect(recordCount).toBe(3);
    expect(Object.values(decoder.ignored)).toEqual([0, 0, 0, 0]);
  });

  test.each<readonly [IgnoredAttribute, KeyValue]>([
    ['wrong_type', { key: 'flow.bytes.delta', value: { stringValue: '5' } }],
    ['wrong_type', { key: 'flow.id', value: { intValue: '5' } }],
    ['wrong_type', { key: 'flow.symptoms', value: { intValue: '5' } }],
    ['wrong_type', { key: 'flow.id', value: { arrayValue: { values: [{ stringValue: 'x' }] } } }],
    ['wrong_type', { key: 'flow.packets.delta', value: { doubleValue: 5 } }],
    ['wrong_type', { key: 'flow.packets.delta', value: { boolValue: true } }],
    ['wrong_type', { key: 'flow.packets.delta', value: {} }],
    ['wrong_type', { key: 'flow.packets.delta' }],
    ['unknown_word', text('flow.verdict', 'banana')],
    ['unknown_word', text('flow.event', '')],
    ['unknown_word', text('flow.nat.state', 'None')],
    ['unknown_word', text('network.type', 'ipv5')],
    ['out_of_range', int('source.port', '65536')],
    ['out_of_range', int('source.port', '-1')],
    ['out_of_range', int('network.protocol.number', '256')],
    ['out_of_range', int('flow.bytes.delta', '-9223372036854775808')],
    ['out_of_range', int('flow.bytes.delta', '9223372036854775807')],
    ['too_long', text('flow.id', 'x'.repeat(1025))],
  ])('%s: %j is left aside, counted and passed on', async (reason, attribute) => {
    const decoder = new LogsDecoder();
    const bytes = encodeContent(encoding, toContent(toFlow([attribute, text('source.address', '10.0.0.1')])));
    const request = await decodeRequest(encoding, bytes, decoder);
    expect(request.flows).toStrictEqual([{ ...createFlowRecord(), sourceAddress: '10.0.0.1' }]);
    expect(decoder.ignored).toEqual({ wrong_type: 0, unknown_word: 0, out_of_range: 0, too_long: 0, [reason]: 1 });
    expect(Buffer.from(await request.rewrite())).toEqual(bytes);
  });

  test('of an attribute told twice the last counts', async () => {
    const attributes = [text('flow.id', 'a'), text('flow.id', 'b'), int('source.port', '1'), text('source.port', 'x')];
    const bytes = encodeContent(encoding, toContent(toFlow(attributes)));
    const request = await decodeRequest(encoding, bytes);
    expect(request.flows).toStrictEqual([{ ...createFlowRecord(), flowId: 'b' }]);
    expect(Buffer.from(await request.rewrite())).toEqual(bytes);
  });

  test('texts of all lengths, of all scripts, with and without a cache hit', async () => {
    const decoder = new LogsDecoder();
    const texts = [
      '',
      'a',
      'ab',
      'abc',
      'abcd',
      'é',
      '日本語',
      '\u{1f41d}',
      '\uFFFD',
      'x"\\\n\u2028y',
      '\u0000',
    ].concat(Array.from({ length: 140 }, (_, length) => 'ab'.repeat(70).slice(0, length)));
    const bytes = encodeContent(encoding, toContent(...texts.map((each) => toFlow([text('source.address', each)]))));
    for (let round = 0; round < 2; round++) {
      const request = await decodeRequest(encoding, bytes, decoder);
      expect(request.flows.map(({ sourceAddress }) => sourceAddress)).toEqual(texts);
      decoder.release(request);
    }
  });

  test('integers of all sizes', async () => {
    const values = Array.from({ length: 62 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat();
    const flows = values.map((value) => toFlow([int('flow.bytes.delta', BigInt(value).toString())]));
    const request = await decodeRequest(encoding, encodeContent(encoding, toContent(...flows)));
    expect(request.flows.map(({ bytes }) => bytes)).toEqual(values);
  });

  test('each flow has the resource of its sender, the same object each time', async () => {
    const toResourceLogs = (name: string, value: object): object => ({
      resource: { attributes: [text('service.name', name), { key: 'n', value }] },
      scopeLogs: [{ logRecords: [toFlow([])] }, { logRecords: [toFlow([]), {}] }],
    });
    const content = {
      resourceLogs: [
        toResourceLogs('a', { intValue: '7' }),
        { scopeLogs: [{ logRecords: [toFlow([])] }] },
        toResourceLogs('b', { boolValue: true }),
        toResourceLogs('c', { arrayValue: {} }),
      ],
    };
    const decoder = new LogsDecoder();
    const { resources } = await decodeRequest(encoding, encodeContent(encoding, content), decoder);
    const expected = [
      { 'service.name': 'a', n: '7' },
      { 'service.name': 'a', n: '7' },
      {},
      { 'service.name': 'b', n: 'true' },
      { 'service.name': 'b', n: 'true' },
      { 'service.name': 'c' },
      { 'service.name': 'c' },
    ];
    expect(resources.map((resource) => Object.fromEntries(resource))).toEqual(expected);
    const again = await decodeRequest(encoding, encodeContent(encoding, content), decoder);
    expect(again.resources.every((resource, i) => resource === resources[i])).toBe(true);
  });

  test('a large request does not hold up the event loop', async () => {
    const bytes = encodeFlows(encoding, createSampleRecords(encoding === 'json' ? 4_000 : 20_000));
    const decoder = new LogsDecoder();
    await decodeRequest(encoding, encodeFlows(encoding, createSampleRecords(2_000)), decoder);
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    const request = await decodeRequest(encoding, bytes, decoder);
    const decodeTurns = turns;
    request.flows.forEach((flow) => (flow.natState = 'none'));
    await request.rewrite();
    clearInterval(ticker);
    expect(decodeTurns).toBeGreaterThan(5);
    expect(turns - decodeTurns).toBeGreaterThan(5);
  });

  test('several requests can be decoded and rewritten at once', async () => {
    const decoder = new LogsDecoder();
    const counts = [3_000, 2_000, 4_000, 1];
    const bodies = counts.map((count) => encodeFlows(encoding, createSampleRecords(count)));
    const decoded = await Promise.all(bodies.map((body) => decodeRequest(encoding, body, decoder)));
    const rewritten = await Promise.all(decoded.map((request) => request.rewrite()));
    expect(decoded.map(({ flows }) => flows.length)).toEqual(counts);
    expect(decoded.map(({ flows }) => flows.at(-1)?.flowId)).toEqual(
      counts.map((count) => createSampleRecord(count - 1).flowId),
    );
    expect(rewritten.every((bytes, i) => bodies[i]?.equals(bytes))).toBe(true);
  });
});
