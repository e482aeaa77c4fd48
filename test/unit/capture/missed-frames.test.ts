import { describe, expect, test } from '@jest/globals';
import { MissedFrames } from '../../../src/capture/missed-frames.ts';

const of = (frames: number): { frames: number; bytes: number } => ({ frames, bytes: frames * 100 });

describe('MissedFrames', () => {
  test('frames in flight are not missed once they were read', () => {
    const missed = new MissedFrames();
    missed.tick(of(100), of(60));
    missed.tick(of(200), of(199));
    missed.tick(of(300), of(300));
    missed.tick(of(400), of(310));
    expect([missed.frames, missed.bytes]).toEqual([0, 0]);
  });

  test('says nothing before it has seen three ticks', () => {
    const missed = new MissedFrames();
    missed.tick(of(100), of(0));
    missed.tick(of(200), of(0));
    expect(missed.frames).toBe(0);
    missed.tick(of(300), of(0));
    expect(missed.frames).toBe(100);
  });

  test('what is lost shows within three ticks, and stays', () => {
    const missed = new MissedFrames();
    for (const seen of [100, 170, 270]) missed.tick(of(seen + 30), of(seen));
    expect([missed.frames, missed.bytes]).toEqual([30, 3000]);
    missed.tick(of(400), of(400));
    missed.tick(of(500), of(500));
    expect([missed.frames, missed.bytes]).toEqual([30, 3000]);
  });

  test('a loss after a time without shows too', () => {
    const missed = new MissedFrames();
    for (let i = 1; i <= 5; i++) missed.tick(of(i * 100), of(i * 100));
    for (let i = 6; i <= 8; i++) missed.tick(of(i * 100), of(i * 100 - 30));
    expect(missed.frames).toBe(30);
  });

  test('is never above what was lost in a run where each tick finds some in flight', () => {
    const missed = new MissedFrames();
    let [counted, seen, lost, inFlight] = [0, 0, 0, 0];
    for (let tick = 1; tick <= 1000; tick++) {
      const arrived = (tick * 7919) % 1000;
      const dropped = tick % 10 === 0 ? arrived % 13 : 0;
      counted += arrived;
      lost += dropped;
      inFlight += arrived - dropped;
      // Every third tick everything has been read.
      const read = tick % 3 === 0 ? inFlight : Math.floor(inFlight / 2);
      seen += read;
      inFlight -= read;
      missed.tick(of(counted), of(seen));
      expect(missed.frames).toBeLessThanOrEqual(lost);
    }
    expect(lost).toBeGreaterThan(100);
    missed.settle(of(counted), of(seen + inFlight));
    expect(missed.frames).toBe(lost);
  });

  test('settle has the last word, also downwards', () => {
    const missed = new MissedFrames();
    for (let i = 1; i <= 3; i++) missed.tick(of(i * 100), of(i * 100 - 40));
    expect(missed.frames).toBe(40);
    missed.settle(of(1000), of(990));
    expect([missed.frames, missed.bytes]).toEqual([10, 1000]);
    missed.settle(of(1000), of(1001));
    expect([missed.frames, missed.bytes]).toEqual([0, 0]);
  });
});
