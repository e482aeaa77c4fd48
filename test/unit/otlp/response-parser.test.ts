import { describe, expect, test } from '@jest/globals';
import { parseJsonLogsResponse, parseLogsResponse, parseStatusMessage } from '../../../src/otlp/response-parser.ts';
import { encodeProtobuf } from '../../support/otlp-decoder.ts';

const partial = (rejectedLogRecords: string, errorMessage: string): Uint8Array =>
  encodeProtobuf('ExportLogsServiceResponse', { partialSuccess: { rejectedLogRecords, errorMessage } });
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('a protobuf response', () => {
  test('of the Collector to a taken request', () => {
    expect(parseLogsResponse(bytes(0x0a, 0x00))).toEqual({ rejectedRecords: 0, message: '' });
  });

  test.each([
    ['1', 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['4294967296', 2 ** 32],
    ['34359738367', 2 ** 35 - 1],
    ['-5', 0],
    ['-9223372036854775808', 0],
  ])('with %s rejected', (text, expected) =>
    expect(parseLogsResponse(partial(text, ''))?.rejectedRecords).toBe(expected),
  );

  test('with a message that would break the log', () => {
    const message = parseLogsResponse(partial('1', `line\r\nline\u2028\u0000${'é'.repeat(5_000)}`))?.message;
    expect(message).toMatch(/^line line é+$/);
    expect(message?.length).toBeLessThanOrEqual(200);
  });

  test('with fields of a later version', () => {
    const unknown = [0x78, 0x05, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 0x02, 9, 9, 0x7d, 1, 2, 3, 4];
    expect(parseLogsResponse(bytes(...unknown, ...partial('2', 'why')))).toEqual({
      rejectedRecords: 2,
      message: 'why',
    });
  });

  test.each([
    ['text', [...Buffer.from('<html>no</html>')]],
    ['JSON', [...Buffer.from('{}')]],
    ['a cut length', [0x0a, 0x05, 0x08]],
    ['a cut varint', [0x0a, 0x02, 0x08, 0x80]],
    ['an endless varint', [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a group', [0x0b]],
    ['field 0', [0x02, 0x00]],
    ['the wrong wire type', [0x08, 0x01]],
  ])('that is %s is none', (_, content) => expect(parseLogsResponse(bytes(...content))).toBeUndefined());
});

describe('a JSON response', () => {
  test.each([
    ['', 0, ''],
    ['{}', 0, ''],
    ['{"partialSuccess":{}}', 0, ''],
    ['{"partialSuccess":null}', 0, ''],
    ['{"partialSuccess":{"rejectedLogRecords":"4","errorMessage":"why"}}', 4, 'why'],
    ['{"partialSuccess":{"rejectedLogRecords":4}}', 4, ''],
    ['{"partialSuccess":{"rejectedLogRecords":-4,"errorMessage":7}}', 0, ''],
    ['{"partialSuccess":{"rejectedLogRecords":{"toString":1,"valueOf":2}}}', 0, ''],
  ])('%p', (text, rejectedRecords, message) =>
    expect(parseJsonLogsResponse(Buffer.from(text))).toEqual({ rejectedRecords, message }),
  );

  test.each(['<html>', '[]', '7', 'null', '{'])('%p is none', (text) =>
    expect(parseJsonLogsResponse(Buffer.from(text))).toBeUndefined(),
  );
});

describe('a status', () => {
  test('has its message', () => {
    expect(parseStatusMessage(encodeProtobuf('Status', { code: 3, message: 'bad request' }))).toBe('bad request');
  });

  test.each(['', 'plain text', '{"code":3}'])('%p is none', (text) =>
    expect(parseStatusMessage(Buffer.from(text))).toBeUndefined(),
  );
});
