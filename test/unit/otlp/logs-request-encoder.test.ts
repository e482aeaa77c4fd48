import { describe, expect, test } from '@jest/globals';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { OtlpJsonEncoder } from '../../../src/lib/otlp-json.ts';
import { FLOW_ATTRIBUTES } from '../../../src/model/flow-attributes.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { LogsRequestEncoder } from '../../../src/otlp/logs-request-encoder.ts';
import { ReadableRecordEncoder } from '../../../src/otlp/readable-record-encoder.ts';
import {
  decodeLogsRequest,
  encodeProtobuf,
  toPlainValue,
  type LogRecord,
  type LogsRequest,
} from '../../support/otlp-decoder.ts';
import { createFullRecord } from '../../support/otlp-requests.ts';
import { createSampleRecord, createSampleRecords, SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';

const RESOURCE = new Map([
  ['service.name', 'podflow'],
  ['k8s.pod.name', 'web-5f6c-abc'],
  ['k8s.pod.labels', 'ü'.repeat(90)],
]);
const VERSION = '1.2.3';
const OBSERVED_NS = SAMPLE_TIME_NS + 10_000_123_904;

/** Text that is short, long, empty, beyond ASCII, beyond the BMP, and no Unicode at all. */
const TEXTS = ['', 'a', 'é', '日本語', '🐝', '\ud800', '\u0000"\\', 'x'.repeat(93), 'x'.repeat(94), 'y'.repeat(127)];
const LONG_TEXTS = ['z'.repeat(128), 'é'.repeat(64), 'a'.repeat(20_000), '🐝'.repeat(40_000)];

const RECORDS = [
  ...createSampleRecords(50),
  ...[...TEXTS, ...LONG_TEXTS].map((text, i) => createSampleRecord(i, { interfaceName: text, flowId: text })),
  ...[0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 62, -1].map((bytes) => createSampleRecord(1, { bytes })),
];

function encode(records: readonly FlowRecord[], encoder = new LogsRequestEncoder(RESOURCE, VERSION)): Uint8Array {
  for (const record of records) expect(encoder.append(record, OBSERVED_NS)).toBe(true);
  return encoder.finish().slice();
}

function recordsOf(request: LogsRequest): LogRecord[] {
  return (
    request.resourceLogs?.flatMap(({ scopeLogs }) => scopeLogs ?? []).flatMap((scope) => scope.logRecords ?? []) ?? []
  );
}

function encodeByStock(serializer: { serializeRequest(records: never): Uint8Array | undefined }): Uint8Array {
  const encoder = new ReadableRecordEncoder(resourceFromAttributes(Object.fromEntries(RESOURCE)), VERSION);
  for (const record of RECORDS) encoder.append(record, OBSERVED_NS);
  return serializer.serializeRequest(encoder.finish() as never) ?? new Uint8Array();
}

const DEFAULTS: Readonly<Record<string, string>> = {
  droppedAttributesCount: '0',
  flags: '0',
  spanId: '""',
  body: '{}',
};

/** What all encodings share: numbers of 64 bits as text, no default values, no lone surrogates (JSON can escape them). */
function toComparable(request: object): unknown {
  return JSON.parse(JSON.stringify(request), (name, value: unknown) => {
    if (name === 'intValue') return BigInt(value as string | number).toString();
    if (DEFAULTS[name] === JSON.stringify(value)) return undefined;
    return typeof value === 'string' ? value.toWellFormed() : value;
  });
}

describe('a request', () => {
  test('holds what the record says', () => {
    const record = createSampleRecord(7, { verdict: 'rejected', dropReason: 'connection_refused' });
    const request = decodeLogsRequest(encode([record]));
    expect(request.resourceLogs).toHaveLength(1);
    const [{ resource, scopeLogs = [] } = {}] = request.resourceLogs ?? [];
    expect(resource?.attributes?.map(({ key, value }) => [key, value?.stringValue])).toEqual([...RESOURCE]);
    expect(scopeLogs[0]?.scope).toEqual({ name: 'podflow', version: VERSION });
    const { attributes = [], ...head } = recordsOf(request)[0] ?? {};
    expect(head).toEqual({
      timeUnixNano: '1795258810000000000',
      observedTimeUnixNano: String(BigInt(OBSERVED_NS)),
      severityNumber: 13,
      severityText: 'WARN',
      eventName: 'network.flow',
      traceId: Buffer.from(record.communityId.slice(2), 'base64').toString('hex').slice(0, 32),
    });
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key, toPlainValue(value)]))).toMatchObject({
      'source.address': '10.244.1.8',
      'source.port': record.sourcePort,
      'flow.start': BigInt(record.startNs),
      'flow.bytes.delta': record.bytes,
      'flow.drop.reason': 'connection_refused',
    });
  });

  test('holds each attribute of the list in its order and type, and none that is absent', () => {
    const full = createFullRecord();
    const attributes = recordsOf(decodeLogsRequest(encode([full])))[0]?.attributes ?? [];
    expect(attributes.map(({ key }) => key)).toEqual(FLOW_ATTRIBUTES.map(({ name }) => name));
    expect(attributes.map(({ value }) => Object.keys(value ?? {}))).toEqual(
      FLOW_ATTRIBUTES.map(({ type }) => [`${type}Value`]),
    );
    const absent = recordsOf(decodeLogsRequest(encode([{ ...full, rttNs: undefined, icmpCode: undefined }])))[0];
    const left = (absent?.attributes ?? []).map(({ key }) => key);
    expect(left).toHaveLength(FLOW_ATTRIBUTES.length - 2);
    expect(left).not.toContain('flow.tcp.rndtrip.latency');
  });

  test.each([
    ['forwarded', 9, 'INFO'],
    ['unknown', 9, 'INFO'],
    ['dropped', 13, 'WARN'],
    ['rejected', 13, 'WARN'],
  ] as const)('of a %s flow has severity %i', (verdict, severityNumber, severityText) => {
    const [record] = recordsOf(decodeLogsRequest(encode([createSampleRecord(1, { verdict })])));
    expect(record).toMatchObject({ severityNumber, severityText });
  });

  test('is written in the canonical form: protobufjs writes the same bytes', () => {
    const bytes = encode(RECORDS);
    expect(Buffer.from(encodeProtobuf('ExportLogsServiceRequest', decodeLogsRequest(bytes))).equals(bytes)).toBe(true);
  });

  test('says the same as the stock serializers and OTLP/JSON', () => {
    const ours = toComparable(decodeLogsRequest(encode(RECORDS)));
    const stockJson = Buffer.from(encodeByStock(JsonLogsSerializer)).toString('utf8');
    expect(toComparable(decodeLogsRequest(encodeByStock(ProtobufLogsSerializer)))).toEqual(ours);
    expect(toComparable(JSON.parse(stockJson) as object)).toEqual(ours);
    const line = new OtlpJsonEncoder(RESOURCE, VERSION).encode(RECORDS, OBSERVED_NS);
    expect(toComparable(JSON.parse(line) as object)).toEqual(ours);
  });

  test('leaves out what is no int64, and a trace id that there is none of', () => {
    const broken = createSampleRecord(1, { bytes: Number.NaN, packets: 2 ** 63, rttNs: Infinity, communityId: 'none' });
    const [record] = recordsOf(decodeLogsRequest(encode([broken])));
    const keys = record?.attributes?.map(({ key }) => key) ?? [];
    expect(keys).not.toContain('flow.bytes.delta');
    expect(keys).not.toContain('flow.packets.delta');
    expect(keys).toContain('flow.reverse.bytes.delta');
    expect(record).not.toHaveProperty('traceId');
  });
});

describe('the encoder', () => {
  test('counts, begins anew after each request and needs no record to stay', () => {
    const encoder = new LogsRequestEncoder(RESOURCE, VERSION);
    const reused = createSampleRecord(1);
    encoder.append(reused, OBSERVED_NS);
    reused.flowId = 'changed';
    expect(encoder.recordCount).toBe(1);
    const first = recordsOf(decodeLogsRequest(encoder.finish().slice()));
    expect(first[0]?.attributes?.[0]?.value?.stringValue).toBe(createSampleRecord(1).flowId);
    expect(encoder.recordCount).toBe(0);
    expect(encode(createSampleRecords(3), encoder)).toEqual(encode(createSampleRecords(3)));
  });

  test('is unharmed by a record that it cannot encode', () => {
    const encoder = new LogsRequestEncoder(RESOURCE, VERSION);
    const broken = {
      ...createSampleRecord(2),
      get samplingRate(): number {
        return (undefined as unknown as number[])[0] ?? 1;
      },
    };
    encoder.append(createSampleRecord(1), OBSERVED_NS);
    expect(encoder.append(broken, OBSERVED_NS)).toBe(false);
    encoder.append(createSampleRecord(3), OBSERVED_NS);
    expect(encoder.recordCount).toBe(2);
    expect(encoder.finish().slice()).toEqual(encode([createSampleRecord(1), createSampleRecord(3)]));
  });

  test('writes an empty resource and no version', () => {
    const request = decodeLogsRequest(encode([createSampleRecord(1)], new LogsRequestEncoder(new Map(), '')));
    expect(request.resourceLogs?.[0]?.resource).toEqual({});
    expect(request.resourceLogs?.[0]?.scopeLogs?.[0]?.scope).toEqual({ name: 'podflow' });
  });
});
