import { expect, test } from '@jest/globals';
import { createDeadline } from '../../../src/lib/deadline.ts';

test('a deadline runs down to nothing', async () => {
  const deadline = createDeadline(30);
  const first = deadline.remainingMs();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(30);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(deadline.remainingMs()).toBe(0);
});
