import { describe, expect, test } from '@jest/globals';
import { JsonMapWriter } from '../../../../src/ecs/bodymap/json-map-writer.ts';
import { ProtobufWriter } from '../../../../src/lib/protobuf-writer.ts';
import { toPlainJson } from '../../../support/body-map-documents.ts';
import { decodeLogsRequest, encodeProtobuf, type AnyValue, type LogRecord } from '../../../support/otlp-decoder.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const BODY = 0x2a;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The text as a body, in a request around it, decoded by protobufjs. */
function encodeBody(json: string): { value: unknown; bytes: Uint8Array } {
  const writer = new ProtobufWriter(16);
  const text = Buffer.from(`before${json}`, 'latin1');
  new JsonMapWriter(writer).write(BODY, text, 'before'.length);
  const body = writer.bytes.slice(0, writer.position);
  const nest = (tag: number, content: Uint8Array): Uint8Array => {
    const head = new ProtobufWriter(16);
    head.writeByte(tag);
    head.writeVarint(content.length);
    return Buffer.concat([head.bytes.slice(0, head.position), content]);
  };
  const request = nest(0x0a, nest(0x12, nest(0x12, body)));
  const record = decodeLogsRequest(request).resourceLogs?.[0]?.scopeLogs?.[0]?.logRecords?.[0];
  return { value: toPlainJson((record as LogRecord & { body?: AnyValue }).body), bytes: request };
}

describe('JsonMapWriter', () => {
  test.each<[string, Json]>([
    ['an empty map', {}],
    ['scalars', { a: 'x', b: 1, c: true, d: false, e: null, f: '' }],
    ['numbers', { a: 0, b: -1, c: 2 ** 53 - 1, d: -(2 ** 53) + 1, e: 1.5, f: -0.25, g: 1e21, h: 1e-7, i: 2 ** 62 }],
    ['lists', { a: [], b: ['x'], c: [1, 2, 3], d: [{ x: 1 }, { x: 2 }], e: [[1], []] }],
    ['maps in maps', { a: { b: { c: { d: { e: { f: 'deep' } } } } }, z: 1 }],
    ['long strings', { a: 'x'.repeat(127), b: 'x'.repeat(128), c: 'x'.repeat(20_000) }],
    ['keys with dots and slashes', { 'app.kubernetes.io/name': 'web', 'a.b': 1 }],
  ])('writes %s', (_, value) => {
    expect(encodeBody(JSON.stringify(value)).value).toEqual(value);
  });

  test('writes what is escaped', () => {
    expect(encodeBody(String.raw`{"a":"q\"b\\c\n\u00e4\ud83d\ude00","k\"e\u00fcy":"\\\""}`).value).toEqual({
      a: 'q"b\\c\nä😀',
      'k"eüy': '\\"',
    });
  });

  test('writes a number that is no int64 as a double', () => {
    const { bytes } = encodeBody('{"a":1e300,"b":9223372036854775808}');
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('\u0018');
  });

  test('writes the shortest lengths, as protobufjs does', () => {
    const { bytes } = encodeBody(
      JSON.stringify({ a: { b: 'x', c: ['y'] }, d: 'x'.repeat(200), e: { f: 'x'.repeat(130) } }),
    );
    expect(Buffer.from(encodeProtobuf('ExportLogsServiceRequest', decodeLogsRequest(bytes)))).toEqual(
      Buffer.from(bytes),
    );
  });

  test('writes any JSON', () => {
    const random = seededRandom(5);
    for (let i = 0; i < 300; i++) {
      const value = { root: createJson(random, 4) };
      expect(encodeBody(toAscii(JSON.stringify(value))).value).toEqual(value);
    }
  });
});

function createJson(random: (limit: number) => number, depth: number): Json {
  const kind = random(depth > 0 ? 7 : 5);
  const text = (): string => 'aä"\\\n€😀z0'.repeat(random(20)).slice(random(9));
  if (kind === 0) return text().toWellFormed();
  if (kind === 1) return random(2 ** 31) - 2 ** 30;
  if (kind === 2) return random(1_000_000) / 64;
  if (kind === 3) return random(2) === 0;
  if (kind === 4) return null;
  const items = Array.from({ length: random(6) }, () => createJson(random, depth - 1));
  return kind === 5 ? items : Object.fromEntries(items.map((item, i) => [`k${i}${text().toWellFormed()}`, item]));
}

function toAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
