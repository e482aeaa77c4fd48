import { describe, expect, test } from '@jest/globals';
import { toTraceIdHex } from '../../../../src/lib/trace-id.ts';
import type { FlowRecord } from '../../../../src/model/flow-record.ts';
import type { OtlpEncoding } from '../../../../src/otlp/receive/logs-request.ts';
import { toPlainValue, type KeyValue, type LogRecord } from '../../../support/otlp-decoder.ts';
import {
  createFullRecord,
  decodeContent,
  decodeRequest,
  encodeContent,
  encodeFlows,
  ENCODINGS,
  toContent,
} from '../../../support/otlp-requests.ts';
import { createSampleRecord, createSampleRecords } from '../../../support/otlp-sample-records.ts';

const DELIVERED_ID = '1:LQU9qZlK+B5F3KDmev6m5PMibrg=';
const TRANSLATION: Partial<FlowRecord> = {
  natState: 'translated',
  natSourceAddress: '10.244.1.7',
  natSourcePort: 41_000,
  natDestinationAddress: '10.244.9.12',
  natDestinationPort: 8080,
  natCommunityId: DELIVERED_ID,
};
const TRANSLATION_ATTRIBUTES = {
  'flow.nat.state': 'translated',
  'flow.nat.source.address': '10.244.1.7',
  'flow.nat.source.port': 41_000,
  'flow.nat.destination.address': '10.244.9.12',
  'flow.nat.destination.port': 8080,
  'flow.nat.community_id': DELIVERED_ID,
};
/** The first 16 bytes of the SHA-1 in the Community ID. */
const DELIVERED_TRACE_ID = '2d053da9994af81e45dca0e67afea6e4';

function toAttributes(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toPlainValue(value)]));
}

function toRecords(encoding: OtlpEncoding, bytes: Uint8Array): LogRecord[] {
  const { resourceLogs = [] } = decodeContent(encoding, bytes);
  return resourceLogs.flatMap(({ scopeLogs = [] }) => scopeLogs.flatMap(({ logRecords = [] }) => logRecords));
}

/** Decodes, changes the flows and gives the rewritten bytes. */
async function rewrite(
  encoding: OtlpEncoding,
  bytes: Buffer,
  change: (flow: FlowRecord, index: number) => Partial<FlowRecord>,
): Promise<Buffer> {
  const request = await decodeRequest(encoding, bytes);
  request.flows.forEach((flow, index) => Object.assign(flow, change(flow, index)));
  return Buffer.from(await request.rewrite());
}

describe.each(ENCODINGS)('%s', (encoding) => {
  test('without a change the bytes are those that came', async () => {
    const bytes = encodeFlows(encoding, [createFullRecord(), ...createSampleRecords(200)]);
    const request = await decodeRequest(encoding, bytes);
    expect(await request.rewrite()).toBe(bytes);
  });

  test('translation is added, the trace id replaced, all else is as it was', async () => {
    const bytes = encodeFlows(encoding, createSampleRecords(300));
    const before = toRecords(encoding, bytes);
    const after = toRecords(encoding, await rewrite(encoding, bytes, () => TRANSLATION));
    expect(after).toHaveLength(300);
    for (const [i, { attributes, traceId, ...rest }] of after.entries()) {
      const { attributes: attributesBefore, traceId: traceIdBefore, ...restBefore } = before[i] as LogRecord;
      expect(toAttributes(attributes)).toEqual({ ...toAttributes(attributesBefore), ...TRANSLATION_ATTRIBUTES });
      expect(attributes).toHaveLength((attributesBefore?.length ?? 0) + 6);
      expect(traceId).toBe(DELIVERED_TRACE_ID);
      expect(traceIdBefore).not.toBe(traceId);
      expect(rest).toEqual(restBefore);
    }
  });

  test('records that did not change are copied as they are, between those that did', async () => {
    const records = createSampleRecords(50);
    const bytes = encodeFlows(encoding, records);
    const rewritten = await rewrite(encoding, bytes, (_, i) => (i % 3 === 0 ? { natState: 'none' } : {}));
    const [before, after] = [toRecords(encoding, bytes), toRecords(encoding, rewritten)];
    expect(after.filter((_, i) => i % 3 !== 0)).toEqual(before.filter((_, i) => i % 3 !== 0));
    expect(after.filter((_, i) => i % 3 === 0).map(({ attributes }) => attributes?.at(-1))).toEqual(
      Array.from({ length: 17 }, () => ({ key: 'flow.nat.state', value: { stringValue: 'none' } })),
    );
    const [one] = records.slice(1);
    const alone = encodeFlows(encoding, [one as FlowRecord]);
    const core = encoding === 'json' ? alone.subarray(250, -10) : alone.subarray(90);
    expect(rewritten.includes(core)).toBe(true);
  });

  test('a flow whose ends were exchanged is told anew, with no attribute twice', async () => {
    const record = createSampleRecord(4);
    const change: Partial<FlowRecord> = {
      initiator: 'conntrack',
      direction: 'ingress',
      sourceAddress: record.destinationAddress,
      sourcePort: record.destinationPort,
      destinationAddress: record.sourceAddress,
      destinationPort: record.sourcePort,
      bytes: record.reverseBytes,
      reverseBytes: record.bytes,
      handshakeNs: undefined,
    };
    const bytes = encodeFlows(encoding, [record]);
    const [before] = toRecords(encoding, bytes);
    const [after] = toRecords(encoding, await rewrite(encoding, bytes, () => change));
    const { 'flow.tcp.handshake.latency': handshake, ...kept } = toAttributes(before?.attributes);
    expect(handshake).toBeDefined();
    expect(toAttributes(after?.attributes)).toEqual({
      ...kept,
      'flow.initiator': 'conntrack',
      'flow.direction': 'ingress',
      'source.address': record.destinationAddress,
      'source.port': record.destinationPort,
      'destination.address': record.sourceAddress,
      'destination.port': record.sourcePort,
      'flow.bytes.delta': record.reverseBytes,
      'flow.reverse.bytes.delta': record.bytes,
    });
    expect(after?.attributes).toHaveLength(Object.keys(kept).length);
    expect(after?.traceId).toBe(before?.traceId);
  });

  test('severity goes with the verdict, time with the interval', async () => {
    const bytes = encodeFlows(encoding, [createSampleRecord(1)]);
    const change: Partial<FlowRecord> = { verdict: 'dropped', dropReason: 'syn_unanswered', intervalEndNs: 1024e15 };
    const [record] = toRecords(encoding, await rewrite(encoding, bytes, () => change));
    expect(record).toMatchObject({ severityNumber: 13, severityText: 'WARN', timeUnixNano: '1024000000000000000' });
    expect(toAttributes(record?.attributes)).toMatchObject({
      'flow.verdict': 'dropped',
      'flow.drop.reason': 'syn_unanswered',
    });
  });

  test('everything unknown survives', async () => {
    const unknown = [
      { key: 'custom.text', value: { stringValue: 'ü' } },
      { key: 'custom.int', value: { intValue: '-9007199254740993' } },
      { key: 'custom.big', value: { intValue: '9223372036854775807' } },
      { key: 'custom.double', value: { doubleValue: 1.5 } },
      { key: 'custom.bytes', value: { bytesValue: 'AAEC' } },
      { key: 'custom.empty' },
      { key: 'custom.list', value: { kvlistValue: { values: [{ key: 'a', value: { arrayValue: {} } }] } } },
      { key: 'flow.bytes.delta', value: { stringValue: 'seven' } },
      { key: 'custom.text', value: { stringValue: 'twice' } },
    ];
    const flow = {
      timeUnixNano: '1',
      observedTimeUnixNano: '2',
      severityNumber: 5,
      severityText: 'odd',
      body: { stringValue: 'a body' },
      attributes: [...unknown, { key: 'flow.community_id', value: { stringValue: DELIVERED_ID } }],
      droppedAttributesCount: 3,
      flags: 1,
      traceId: '0102030405060708090a0b0c0d0e0f10',
      spanId: '0102030405060708',
      eventName: 'network.flow',
    };
    const other = { ...flow, eventName: 'something.else' };
    const content = {
      resourceLogs: [
        {
          resource: { attributes: unknown.slice(0, 2), droppedAttributesCount: 4 },
          scopeLogs: [
            {
              scope: { name: 's', version: 'v', attributes: unknown.slice(0, 1), droppedAttributesCount: 5 },
              logRecords: [other, flow, other],
              schemaUrl: 'https://example.test/scope',
            },
          ],
          schemaUrl: 'https://example.test/resource',
        },
      ],
    };
    const expected = JSON.parse(JSON.stringify(content)) as typeof content;
    const [, changed] = expected.resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords),
    );
    if (changed === undefined) throw new Error('there is no second record');
    changed.traceId = DELIVERED_TRACE_ID;
    changed.attributes.push({ key: 'flow.nat.state', value: { stringValue: 'none' } });
    const bytes = encodeContent(encoding, content);
    const rewritten = decodeContent(encoding, await rewrite(encoding, bytes, () => ({ natState: 'none' })));
    expect(rewritten).toEqual(expected);
  });

  test('what stood in the way of a value that is set now is gone', async () => {
    const attributes = [
      { key: 'flow.nat.state', value: { stringValue: 'odd' } },
      { key: 'flow.nat.state', value: { intValue: '1' } },
      { key: 'source.port', value: { stringValue: 'http' } },
    ];
    const bytes = encodeContent(encoding, toContent({ eventName: 'network.flow', attributes }));
    const [record] = toRecords(encoding, await rewrite(encoding, bytes, () => ({ natState: 'none' })));
    expect(record?.attributes).toEqual([
      { key: 'source.port', value: { stringValue: 'http' } },
      { key: 'flow.nat.state', value: { stringValue: 'none' } },
    ]);
  });

  test('a trace id that cannot be computed is left as it was', async () => {
    const content = toContent({
      eventName: 'network.flow',
      traceId: '0102030405060708090a0b0c0d0e0f10',
      attributes: [],
    });
    const rewritten = await rewrite(encoding, encodeContent(encoding, content), () => ({ natState: 'unresolved' }));
    expect(toRecords(encoding, rewritten)[0]?.traceId).toBe('0102030405060708090a0b0c0d0e0f10');
    expect(toTraceIdHex('')).toBeUndefined();
  });

  test('rewritten requests can be rewritten again', async () => {
    const bytes = encodeFlows(encoding, [createFullRecord(), ...createSampleRecords(100)]);
    const once = await rewrite(encoding, bytes, () => TRANSLATION);
    const twice = await rewrite(encoding, once, () => ({ natState: 'none', natSourcePort: undefined }));
    const { flows } = await decodeRequest(encoding, twice);
    expect(flows.every(({ natState, natSourcePort }) => natState === 'none' && natSourcePort === undefined)).toBe(true);
    expect(flows.every(({ natCommunityId }) => natCommunityId === DELIVERED_ID)).toBe(true);
  });
});

test('unknown protobuf fields survive at every level', async () => {
  const mark = (level: string): Buffer => {
    const text = Buffer.from(`unknown in ${level}`);
    return Buffer.concat([Buffer.of(0xfa, 0x06, text.length), text]);
  };
  const wrap = (tag: number, ...content: Buffer[]): Buffer => {
    const bytes = Buffer.concat(content);
    return Buffer.concat([Buffer.of(tag, (bytes.length & 0x7f) | 0x80, bytes.length >> 7), bytes]);
  };
  const record = wrap(0x12, mark('record'), Buffer.from('\x62\x0cnetwork.flow'));
  const scopeLogs = wrap(0x12, mark('scope logs'), wrap(0x0a, mark('scope')), record, mark('scope logs again'));
  const resourceLogs = wrap(0x0a, wrap(0x0a, mark('resource')), scopeLogs, mark('resource logs'));
  const bytes = Buffer.concat([mark('request'), resourceLogs, mark('request again')]);
  const rewritten = await rewrite('protobuf', bytes, () => ({ natState: 'none' }));
  const levels = ['request', 'request again', 'resource logs', 'resource', 'scope logs', 'scope', 'scope logs again'];
  for (const level of [...levels, 'record']) expect(rewritten.includes(mark(level))).toBe(true);
  expect(toRecords('protobuf', rewritten)).toEqual([
    { eventName: 'network.flow', attributes: [{ key: 'flow.nat.state', value: { stringValue: 'none' } }] },
  ]);
});

test('JSON keeps its spelling: white space, numbers beyond doubles, order of members', async () => {
  const record = `{ "body":{"intValue":12345678901234567890123},"eventName":"network.flow",
    "attributes": [ {"key":"x","value":{"intValue":9007199254740993}} ], "odd" : [1.0, 1E5] }`;
  const text = `{ "before":1.50, "resourceLogs": [ {"scopeLogs":[{"logRecords":[ ${record} ]}]} ], "after":{} }`;
  const rewritten = (await rewrite('json', Buffer.from(text), () => ({ natState: 'none' }))).toString();
  expect(rewritten.startsWith('{ "before":1.50, "resourceLogs": [ {"scopeLogs":[{"logRecords":[ {')).toBe(true);
  expect(rewritten.endsWith('} ]}]} ], "after":{} }')).toBe(true);
  for (const piece of ['12345678901234567890123', '9007199254740993', '"odd" : [1.0, 1E5]'])
    expect(rewritten).toContain(piece);
  expect(() => JSON.parse(rewritten) as unknown).not.toThrow();
});
