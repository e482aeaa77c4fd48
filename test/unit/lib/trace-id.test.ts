import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { decodeTraceId, toTraceIdHex } from '../../../src/lib/trace-id.ts';

const DIGESTS = Array.from({ length: 2_000 }, (_, i) => createHash('sha1').update(`tuple ${i}`).digest());

describe('trace id', () => {
  test('is the first 16 bytes of the SHA-1 in the Community ID', () => {
    const wrong = DIGESTS.filter(
      (digest) => toTraceIdHex(`1:${digest.toString('base64')}`) !== digest.toString('hex').slice(0, 32),
    );
    expect(wrong).toEqual([]);
  });

  test('is written at its offset and nowhere else', () => {
    const target = new Uint8Array(24).fill(7);
    const [digest = Buffer.alloc(20)] = DIGESTS;
    expect(decodeTraceId(`1:${digest.toString('base64')}`, target, 3)).toBe(true);
    expect([...target]).toEqual([7, 7, 7, ...digest.subarray(0, 16), 7, 7, 7, 7, 7]);
  });

  test.each([
    '',
    '1:',
    'x'.repeat(30),
    `1:${'é'.repeat(28)}`,
    `1:${'*'.repeat(28)}`,
    '2:LQU9qZlK+B5F3KDmev6m5PMibrg=',
    '1:LQU9',
  ])('there is none in %p', (text) => expect(toTraceIdHex(text)).toBeUndefined());

  test('of a published vector', () => {
    // 128.232.110.120:34855 → 66.35.250.204:80, TCP, seed 0 (corelight/community-id-spec).
    expect(toTraceIdHex('1:LQU9qZlK+B5F3KDmev6m5PMibrg=')).toBe('2d053da9994af81e45dca0e67afea6e4');
  });
});
