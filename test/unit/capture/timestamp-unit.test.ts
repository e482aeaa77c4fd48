import { describe, expect, test } from '@jest/globals';
import { TimestampUnit } from '../../../src/capture/file/timestamp-unit.ts';

function split(units: bigint, resolution?: number, offset?: number): [number, number] {
  const time = { seconds: 0, nanoseconds: 0 };
  new TimestampUnit(resolution, offset).split(Number(units >> 32n), Number(units & 0xffffffffn), time);
  return [time.seconds, time.nanoseconds];
}

describe('TimestampUnit', () => {
  test.each([
    [1_700_000_003_123_456n, undefined, 1_700_000_003, 123_456_000],
    [1_700_000_003_123_456_789n, 9, 1_700_000_003, 123_456_789],
    [1_700_000_003_123_456_788n, 9, 1_700_000_003, 123_456_788],
    [1_700_000_003_123n, 3, 1_700_000_003, 123_000_000],
    [1_700_000_003n, 0, 1_700_000_003, 0],
    [17_000_000_031_234_567n, 7, 1_700_000_003, 123_456_700],
    [(1_700_000_003n << 20n) + 524_288n, 0x94, 1_700_000_003, 500_000_000],
    [(3n << 32n) + (1n << 31n), 0xa0, 3, 500_000_000],
    [0n, 6, 0, 0],
    [0xffffffffffffffffn, 9, 18_446_744_073, 709_551_615],
    [0xffffffffffffffffn, 6, 18_446_744_073_709, 551_615_000],
  ])('%d of resolution %p', (units, resolution, seconds, nanoseconds) => {
    expect(split(units, resolution)).toEqual([seconds, nanoseconds]);
  });

  test('agrees with BigInt at every resolution that is exact', () => {
    for (let exponent = 0; exponent <= 11; exponent++) {
      const perSecond = 10n ** BigInt(exponent);
      for (const units of [1n, 999_999n, 12_345_678_901_234_567n, 0xfedcba9876543210n]) {
        const nanoseconds = ((units % perSecond) * 1_000_000_000n) / perSecond;
        expect(split(units, exponent)).toEqual([Number(units / perSecond), Number(nanoseconds)]);
      }
    }
  });

  test('finer units than 2^-37 s are rounded, and stay within their second', () => {
    const [seconds, nanoseconds] = split(5_999_999_999_999n, 12);
    expect(seconds).toBe(5);
    expect(nanoseconds).toBe(999_999_999);
    expect(split(0xffffffffffffffffn, 0xff)).toEqual([0, expect.any(Number)]);
  });

  test('adds the offset of the interface', () => {
    expect(split(1_000_000n, 6, 3600)).toEqual([3601, 0]);
    expect(split(1_000_000n, 6, -3600)).toEqual([-3599, 0]);
  });
});
