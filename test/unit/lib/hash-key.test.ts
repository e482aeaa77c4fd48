import { describe, expect, test } from '@jest/globals';
import { hashKey } from '../../../src/lib/hash-key.ts';

describe('hash of a key', () => {
  // Published vectors of MurmurHash3_x86_32 (SMHasher) whose length is a multiple of four.
  test.each([
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['abcd', 0x9747b28c, 0xf0478627],
    ['\0\0\0\0', 0, 0x2362f9de],
  ])('%j with seed %d', (text, seed, expected) => {
    const words = new Uint32Array(new Uint8Array(Buffer.from(text)).buffer);
    expect(hashKey(seed, words, 0, words.length) >>> 0).toBe(expected);
  });

  test('takes the words from where it is told', () => {
    const words = Uint32Array.of(1, 2, 3, 4, 1, 2, 3, 4);
    expect(hashKey(7, words, 4, 4)).toBe(hashKey(7, words, 0, 4));
    expect(hashKey(7, words, 3, 4)).not.toBe(hashKey(7, words, 0, 4));
  });
});
