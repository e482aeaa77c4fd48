import { describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../src/model/connection-output.ts';
import { createDeadline } from '../../../src/lib/deadline.ts';
import { JoinHarness } from '../../support/join-harness.ts';
import { createPerspective } from '../../support/perspective-records.ts';

const SOON = createDeadline(1_000);

describe('a join that is flushed', () => {
  test('sends out what waits, and goes on', async () => {
    const harness = new JoinHarness({ windowMs: 60_000 });
    const first = harness.send(createPerspective('client', 1));
    await harness.join.flush(SOON);
    expect(await first).toMatchObject({ kind: 'taken' });
    const second = harness.send(createPerspective('client', 2));
    const third = harness.send(createPerspective('server', 2));
    await Promise.all([second, third]);
    expect(harness.counted.map(({ perspectives }) => perspectives)).toEqual(['client', 'both']);
    await harness.stop();
  });

  test('does not linger for full batches', async () => {
    const harness = new JoinHarness({ windowMs: 60_000, batchConnections: 10, maxInFlightBatches: 1 });
    const beganMs = performance.now();
    for (let round = 0; round < 10; round++) {
      const records = Array.from({ length: 25 }, (_, i) => createPerspective('client', round * 25 + i));
      const answer = harness.send(...records);
      await harness.join.flush(SOON);
      expect(await answer).toMatchObject({ kind: 'taken' });
    }
    expect(harness.counted).toHaveLength(250);
    // Lingering would take 100 ms in each round.
    expect(performance.now() - beganMs).toBeLessThan(800);
    await harness.stop();
  });

  test('waits for outputs no longer than it may', async () => {
    const harness = new JoinHarness();
    harness.answers.push(() => new Promise<DeliveryOutcome>(() => undefined));
    void harness.send(createPerspective('client', 1));
    const beganMs = performance.now();
    await harness.join.flush({ remainingMs: () => 50 });
    expect(performance.now() - beganMs).toBeLessThan(500);
    await harness.join.stop({ remainingMs: () => 0 });
  });
});

test('a join that was stopped sends records that still come out at once, alone', async () => {
  const harness = new JoinHarness({ windowMs: 60_000 });
  await harness.stop();
  expect(await harness.send(createPerspective('client', 1))).toMatchObject({ kind: 'taken' });
  expect(harness.counted.map(({ perspectives }) => perspectives)).toEqual(['client']);
});
