import { describe, expect, test } from '@jest/globals';
import { LogsDecoder } from '../../../../src/otlp/receive/logs-decoder.ts';
import type { OtlpEncoding } from '../../../../src/otlp/receive/logs-request.ts';
import { MemoryBudget } from '../../../../src/otlp/receive/memory-budget.ts';
import { decodeRequest, encodeContent, encodeFlows, ENCODINGS, toContent } from '../../../support/otlp-requests.ts';
import { createSampleRecords } from '../../../support/otlp-sample-records.ts';

/** A length-delimited protobuf field. */
function field(tag: number, ...content: (number | Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((each) => (typeof each === 'number' ? Buffer.of(each) : Buffer.from(each))));
  return Buffer.concat([Buffer.of(tag), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.of(...bytes, value);
}

/** A request that holds one log record of these bytes. */
function inRecord(...content: (number | Uint8Array | string)[]): Buffer {
  return field(0x0a, field(0x12, field(0x12, ...content)));
}

function nest(depth: number, wrap: (inner: Buffer) => Buffer): Buffer {
  let inner: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) inner = wrap(inner);
  return inner;
}

/** An AnyValue that holds an array of one AnyValue, and so on. */
const nestArrays = (depth: number): Buffer => nest(depth, (inner) => field(0x2a, field(0x0a, inner)));

async function problemOf(encoding: OtlpEncoding, bytes: Buffer | string, limits = {}): Promise<string> {
  const outcome = await new LogsDecoder(limits).decode(encoding, Buffer.from(bytes));
  return outcome.kind === 'invalid' ? outcome.message : outcome.kind;
}

const LONG_VARINT = Buffer.of(0x10, ...Array.from({ length: 10 }, () => 0x80), 1);

describe('protobuf', () => {
  test.each([
    ['a tag that is cut off', Buffer.of(0x8a), /cut off/],
    ['field number 0', Buffer.of(0x02, 0x00), /no valid number/],
    ['a tag of over 32 bits', Buffer.of(0x8a, 0x80, 0x80, 0x80, 0x80, 0x01, 0), /no valid number/],
    ['a length beyond the end', Buffer.of(0x0a, 0x05, 0x12), /longer than what holds it/],
    ['a length beyond what holds it', field(0x0a, 0x12, 0x05, 0x12), /longer than what holds it/],
    ['a length of 2^35', Buffer.of(0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), /longer than what holds it/],
    ['a group', inRecord(0x7b, 0x7c), /group/],
    ['the end of a group', Buffer.of(0x7c), /group/],
    ['wire type 6', Buffer.of(0x7e), /wire type/],
    ['a known field in another wire type', inRecord(0x30, 0x01), /LogRecord has field 6 in wire type 0/],
    ['resource_logs as a number', Buffer.of(0x08, 0x01), /ExportLogsServiceRequest has field 1 in wire type 0/],
    ['a varint of 11 bytes', inRecord(LONG_VARINT), /more than 10 bytes/],
    ['a fixed64 that is cut off', inRecord(0x09, 1, 2, 3), /longer than what holds it/],
    ['a fixed32 that is cut off', inRecord(0x45, 1, 2), /longer than what holds it/],
    ['a varint that is cut off', inRecord(0x10, 0x80), /cut off/],
    ['a severity text that is no UTF-8', inRecord(field(0x1a, 0xc3, 0x28)), /no UTF-8/],
    ['an event name that is no UTF-8', inRecord(field(0x62, 0xff)), /no UTF-8/],
    ['an attribute key that is no UTF-8', inRecord(field(0x32, field(0x0a, 0xed, 0xa0, 0x80))), /no UTF-8/],
    [
      'a known attribute that is no UTF-8',
      inRecord(field(0x32, field(0x0a, 'flow.id'), field(0x12, field(0x0a, 0x80)))),
      /no UTF-8/,
    ],
    ['a body that is no UTF-8', inRecord(field(0x2a, field(0x0a, 0xff))), /no UTF-8/],
    ['a body nested too deep', inRecord(field(0x2a, nestArrays(16))), /nested deeper than 32/],
    ['a broken scope', field(0x0a, field(0x12, field(0x0a, field(0x0a, 0xff)))), /no UTF-8/],
    ['a broken resource', field(0x0a, field(0x0a, 0x08, 1)), /Resource has field 1/],
    ['a schema URL that is no UTF-8', field(0x0a, field(0x1a, 0xff)), /no UTF-8/],
    ['17,000 fields in a record', inRecord(Buffer.alloc(34_000, Buffer.of(0x78, 0x09))), /too many fields/],
    [
      'a record of over 1 MiB',
      inRecord(field(0x2a, field(0x3a, Buffer.alloc(1_048_600)))),
      /larger than 1048576 bytes/,
    ],
    [
      'a resource of over 1 MiB in parts',
      field(0x0a, ...Array.from({ length: 3 }, () => field(0x0a, field(0x7a, Buffer.alloc(400_000))))),
      /a resource is too large/,
    ],
    ['one resource too many', Buffer.alloc(2 * 524_289, Buffer.of(0x0a, 0x00)), /too many resources/],
    ['one unknown field too many', Buffer.alloc(2 * 524_289, Buffer.of(0x78, 0x00)), /unknown fields/],
    ['one log record too many', field(0x0a, field(0x12, Buffer.alloc(2 * 131_073, Buffer.of(0x12, 0)))), /131072 log/],
  ])('%s is refused', async (_, bytes, message) => {
    expect(await problemOf('protobuf', bytes)).toMatch(message);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['unknown fields of every wire type', inRecord(0x78, 1, 0x79, Buffer.alloc(8), field(0x7a, 'x'), 0x7d, 1, 2, 3, 4)],
    ['a varint of 10 bytes', inRecord(0x10, Buffer.alloc(9, 0xff), 0x01)],
    ['lengths and tags longer than need be', Buffer.of(0x8a, 0x80, 0x00, 0x80, 0x00)],
    ['a body nested as deep as may be', inRecord(field(0x2a, nestArrays(15)))],
    ['as many attributes as may be', inRecord(Buffer.alloc(2 * 256, Buffer.of(0x32, 0)))],
  ])('%s is taken', async (_, bytes) => {
    expect(await problemOf('protobuf', bytes)).toBe('request');
  });

  test('a problem tells where it is', async () => {
    const good = encodeFlows('protobuf', createSampleRecords(100));
    expect(await problemOf('protobuf', Buffer.concat([good, Buffer.of(0x0c)]))).toContain(`(byte ${good.length + 1})`);
  });
});

function isJsonObject(text: string): boolean {
  try {
    return !Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

describe('JSON', () => {
  const record = (text: string): string => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${text}]}]}]}`;

  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['another value', '[]'],
    ['more after the end', '{} {}'],
    ['a NUL after the end', '{}\0'],
    ['a comma too many', '{"a":1,}'],
    ['a comma too few', '{"a":1 "b":2}'],
    ['no colon', '{"a" 1}'],
    ['a key without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{/**/}'],
    ['a text cut off', '{"a":"b'],
    ['an escape that is none', '{"a":"\\x"}'],
    ['a Unicode escape cut off', '{"a":"\\u12"}'],
    ['a control character in a text', '{"a":"\n"}'],
    ['a leading zero', '{"a":01}'],
    ['a plus sign', '{"a":+1}'],
    ['a number that ends in a point', '{"a":1.}'],
    ['an exponent without digits', '{"a":1e}'],
    ['NaN', '{"a":NaN}'],
    ['a literal cut off', '{"a":tru}'],
    ['crossed brackets', '{"a":[1}]'],
    ['a bracket too few', '{"a":[[1]'],
  ])('%s is refused, as by JSON.parse', async (_, text) => {
    expect(await problemOf('json', text)).not.toBe('request');
    expect(isJsonObject(text)).toBe(false);
  });

  test.each([
    ['resourceLogs that is no array', '{"resourceLogs":{}}', /array is expected/],
    ['a resource log that is no object', '{"resourceLogs":[1]}', /object is expected/],
    ['a log record that is no object', record('"x"'), /no object/],
    ['attributes that are no array', record('{"attributes":{}}'), /no array/],
    ['an attribute that is no object', record('{"attributes":[1]}'), /no object/],
    ['attributes that stand twice', record('{"attributes":[],"attributes":[]}'), /twice/],
    ['logRecords that stand twice', '{"resourceLogs":[{"scopeLogs":[{"logRecords":[],"logRecords":[]}]}]}', /twice/],
    ['a time that is none', record('{"timeUnixNano":"soon"}'), /timeUnixNano/],
    ['257 attributes', record(`{"attributes":[${'{},'.repeat(256)}{}]}`), /over 256 attributes/],
    ['values nested too deep', record(`{"body":${'['.repeat(129)}${']'.repeat(129)}}`), /nested deeper than 128/],
    ['values nested far too deep', `{"a":${'['.repeat(1_000_000)}`, /nested deeper than 128/],
    ['a record of over 1 MiB', record(`{"body":"${'x'.repeat(1_048_600)}"}`), /too large/],
    ['white space of over 1 MiB', `{"resourceLogs":${' '.repeat(1_048_600)}[]}`, /array is expected \(byte 1048577\)/],
    ['a byte order mark', '\uFEFF{}', /object is expected/],
  ])('%s is refused', async (_, text, message) => {
    expect(await problemOf('json', text)).toMatch(message);
  });

  test('what is no UTF-8 is refused', async () => {
    expect(await problemOf('json', Buffer.from('7b2261223a22ff227d', 'hex'))).toMatch(/UTF-8/);
  });

  test.each([
    ['nothing in it', '{}'],
    ['white space everywhere', ' { "resourceLogs" : [ { "scopeLogs" : [ ] , "x" : [ 1 , { } ] } ] } \r\n'],
    ['nulls', '{"resourceLogs":null,"x":null}'],
    ['nulls within', record('{"attributes":null,"timeUnixNano":null,"body":null,"eventName":null}')],
    ['numbers of all forms', '{"x":[0,-0,1.5,-1e9,1E+2,2e-3,123456789012345678901234567890]}'],
    ['unknown members, texts with escapes', '{"\\u0061\\"\\\\\\/\\b\\f\\n\\r\\t":"\\ud83d\\udc1d"}'],
  ])('%s is taken', async (_, text) => {
    expect(isJsonObject(text)).toBe(true);
    expect(await problemOf('json', text)).toBe('request');
  });

  test('escapes in names and values, 64-bit numbers as text and as numbers', async () => {
    const key = (name: string, value: string): string => `{"value":${value},"\\u006bey":"${name}"}`;
    const attributes = [
      key('source\\u002eaddress', '{"stringValue":"10.0.0.\\u0031"}'),
      key('flow.id', '{"\\u0073tringValue":"a\\nb"}'),
      key('flow.bytes.delta', '{"intValue":12e1}'),
      key('flow.start', '{"intValue":1795258800000000000}'),
      key('flow.end', '{"intValue":"1795258800000000000"}'),
      key('flow.packets.delta', '{"intValue":null,"stringValue":null}'),
    ];
    const text = record(`{"timeUnixNano":1795258800000000000,"event\\u004eame":"network\\u002eflow",
      "attributes":[${attributes.join(',')}]}`);
    const { flows } = await decodeRequest('json', Buffer.from(text));
    expect(flows).toMatchObject([
      {
        sourceAddress: '10.0.0.1',
        flowId: 'a\nb',
        bytes: 120,
        packets: 0,
        startNs: 1_795_258_800_000_000_000,
        endNs: 1_795_258_800_000_000_000,
        intervalEndNs: 1_795_258_800_000_000_000,
      },
    ]);
  });
});

describe.each(ENCODINGS)('%s: limits', (encoding) => {
  test('records of a request', async () => {
    const bytes = encodeFlows(encoding, createSampleRecords(11));
    expect(await problemOf(encoding, bytes, { requestRecords: 10 })).toMatch(/over 10 log records/);
    expect(await problemOf(encoding, bytes, { requestRecords: 11 })).toBe('request');
  });

  test('attributes of a record', async () => {
    const attributes = Array.from({ length: 11 }, (_, i) => ({ key: `k${i}`, value: { intValue: '1' } }));
    const bytes = encodeContent(encoding, toContent({ attributes }));
    expect(await problemOf(encoding, bytes, { recordAttributes: 10 })).toMatch(/over 10 attributes/);
    expect(await problemOf(encoding, bytes, { recordAttributes: 11 })).toBe('request');
  });

  test('memory: what is over is for later, and the records are given back', async () => {
    const decoder = new LogsDecoder();
    const budget = new MemoryBudget(100 * 1024);
    budget.open();
    const lease = budget.open();
    const bytes = encodeFlows(encoding, createSampleRecords(101));
    expect(await decoder.decode(encoding, bytes, { lease })).toEqual({ kind: 'starved' });
    lease.end();
    expect(budget.heldBytes).toBe(0);
    const next = budget.open();
    const outcome = await decoder.decode(encoding, encodeFlows(encoding, createSampleRecords(100)), { lease: next });
    expect(outcome.kind).toBe('request');
    expect(budget.heldBytes).toBe(100 * 1024);
  });

  test('a request that is alone gets the memory that it needs', async () => {
    const lease = new MemoryBudget(1).open();
    const bytes = encodeFlows(encoding, createSampleRecords(2));
    expect((await new LogsDecoder().decode(encoding, bytes, { lease })).kind).toBe('request');
  });
});
