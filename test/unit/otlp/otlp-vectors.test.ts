import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseJsonLogsResponse, parseLogsResponse, parseStatusMessage } from '../../../src/otlp/response-parser.ts';
import { decodeProtobuf, encodeProtobuf, type OtlpMessage } from '../../support/otlp-decoder.ts';

interface Vector {
  name: string;
  type: string;
  json: { partialSuccess?: { rejectedLogRecords?: string; errorMessage?: string }; message?: string };
  protobuf_base64: string;
}
const FIXTURE = new URL('../../fixtures/otlp/otlp-logs-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { vectors: Vector[] };

function toBytes(vector: Vector): Buffer {
  return Buffer.from(vector.protobuf_base64, 'base64');
}

/** Hex digits of ids may have either case; a default value is not on the wire. */
function toCanonical(json: object): unknown {
  return JSON.parse(JSON.stringify(json), (name, value: unknown) => {
    if (name === 'flags' && value === 0) return undefined;
    return name === 'traceId' || name === 'spanId' ? String(value).toLowerCase() : value;
  });
}

describe('the decoder that the tests trust', () => {
  test.each(vectors)('reads $name', (vector) => {
    const type = vector.type.split('.').at(-1) as OtlpMessage;
    const decoded = decodeProtobuf(type, toBytes(vector));
    expect(decoded).toEqual(toCanonical(vector.json));
    expect(Buffer.from(encodeProtobuf(type, decoded))).toEqual(toBytes(vector));
  });
});

describe('responses', () => {
  test.each(vectors.filter(({ type }) => type === 'ExportLogsServiceResponse'))('$name', (vector) => {
    const { rejectedLogRecords = '0', errorMessage = '' } = vector.json.partialSuccess ?? {};
    const expected = { rejectedRecords: Number(rejectedLogRecords), message: errorMessage };
    expect(parseLogsResponse(toBytes(vector))).toEqual(expected);
    expect(parseJsonLogsResponse(Buffer.from(JSON.stringify(vector.json)))).toEqual(expected);
  });

  test.each(vectors.filter(({ type }) => type === 'google.rpc.Status'))('$name', (vector) => {
    expect(parseStatusMessage(toBytes(vector))).toBe(vector.json.message);
  });
});
