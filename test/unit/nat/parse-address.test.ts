import { isIPv4 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { AddressParser } from '../../../src/nat/parse-address.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function parse(text: string, isIpv6: boolean, parser = new AddressParser()): number[] | undefined {
  const words = new Uint32Array(5);
  return parser.parse(text, isIpv6, words, 1) ? [...words.subarray(1, isIpv6 ? 5 : 2)] : undefined;
}

describe('address text to words', () => {
  test.each([
    ['0.0.0.0', false, [0]],
    ['255.255.255.255', false, [0xffffffff]],
    ['10.244.1.7', false, [0x0af40107]],
    ['::', true, [0, 0, 0, 0]],
    ['fd00:10:244:1::7', true, [0xfd000010, 0x02440001, 0, 7]],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true, [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
    ['::ffff:10.0.0.1', true, [0, 0, 0xffff, 0x0a000001]],
  ])('%s', (text, isIpv6, words) => {
    expect(parse(text, isIpv6)).toEqual(words);
  });

  test.each([
    ['', false],
    ['1.2.3', false],
    ['1.2.3.', false],
    ['.1.2.3', false],
    ['1..2.3', false],
    ['1.2.3.4.5', false],
    ['1.2.3.256', false],
    ['1.2.3.04', false],
    ['1.2.3.4 ', false],
    ['-1.2.3.4', false],
    ['fd00::1', false],
    ['', true],
    ['10.0.0.1', true],
    ['fe80::1%eth0', true],
    ['fd00::1::2', true],
    ['12345::', true],
  ])('%j is none', (text, isIpv6) => {
    expect(parse(text, isIpv6)).toBeUndefined();
  });

  test('takes as IPv4 what node takes', () => {
    const random = seededRandom(4);
    const pieces = ['0', '1', '9', '10', '25', '255', '256', '.', '.', '.', '01', 'x', ' '];
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: random(9) }, () => pieces[random(pieces.length)]).join('');
      expect([text, parse(text, false) !== undefined]).toEqual([text, isIPv4(text)]);
    }
  });

  test('forgets old texts and still knows them', () => {
    const parser = new AddressParser();
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 10_000; i++)
        expect(parse(`fd00::${i.toString(16)}`, true, parser)).toEqual([0xfd000000, 0, 0, i]);
  });
});
