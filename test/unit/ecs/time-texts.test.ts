import { expect, test } from '@jest/globals';
import { TimeTexts } from '../../../src/ecs/document/time-texts.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';

const MOST_NS = 2 ** 63 - 1024;

/** Whole milliseconds by integer arithmetic of another kind. */
function toExpected(timeNs: number): string {
  return JSON.stringify(new Date(Number(BigInt(timeNs) / 1_000_000n)).toISOString());
}

test('times are those of Date, to the millisecond below', () => {
  const times = new TimeTexts();
  const random = seededRandom(1);
  const edges = [0, 1, 999_999, 1_000_000, 999_999_999, 1e9, SAMPLE_TIME_NS - 256, SAMPLE_TIME_NS];
  const near = Array.from({ length: 20_000 }, () => SAMPLE_TIME_NS + random(2 ** 31) * 256 - 2 ** 36);
  const until2116 = Array.from({ length: 20_000 }, () => random(2 ** 32) * 2 ** 30);
  const seconds = Array.from({ length: 2_000 }, (_, i) => (1_795_258_800 + i) * 1e9 - 256 * (i % 2));
  const all = [...edges, ...near, ...until2116, ...seconds, ...near];
  expect(all.map((timeNs) => times.toJson(timeNs))).toEqual(all.map(toExpected));
});

test('later times are right within a millisecond, up to the last that is an int64', () => {
  const times = new TimeTexts();
  const random = seededRandom(2);
  const late = Array.from({ length: 20_000 }, () => 2 ** 62 + random(2 ** 32) * 2 ** 30);
  for (const timeNs of [...late, MOST_NS]) {
    const told = Date.parse(JSON.parse(times.toJson(timeNs)) as string);
    if (!(Math.abs(told - timeNs / 1e6) <= 1)) throw new Error(`${timeNs}: ${told}`);
  }
  expect(times.toJson(MOST_NS)).toMatch(/^"2262-04-11T23:47:16\.85\dZ"$/);
});
