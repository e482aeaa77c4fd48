import { describe, expect, test } from '@jest/globals';
import { ServerState } from '../../../../src/ecs/elasticsearch/server-state.ts';

const POLICY = { baseMs: 100, maxMs: 1_000, maxRetryAfterMs: 10_000 };

function create(): { server: ServerState; pass: (ms: number) => void } {
  let nowMs = 1_000;
  return { server: new ServerState(POLICY, () => nowMs), pass: (ms) => (nowMs += ms) };
}

describe('ServerState', () => {
  test('lets everything through while the server answers', () => {
    const { server } = create();
    expect([server.enter(), server.enter(), server.enter()]).toEqual([true, true, true]);
    server.answered();
    expect(server.isAway).toBe(false);
  });

  test('lets nothing through after a failure until its wait is over, then one', () => {
    const { server, pass } = create();
    server.enter();
    server.failed(undefined);
    expect([server.isAway, server.admits, server.enter()]).toEqual([true, false, false]);
    expect(server.waitMs).toBeGreaterThan(0);
    expect(server.waitMs).toBeLessThanOrEqual(POLICY.baseMs);
    pass(POLICY.baseMs);
    expect([server.enter(), server.enter()]).toEqual([true, false]);
    server.answered();
    expect([server.isAway, server.enter(), server.enter()]).toEqual([false, true, true]);
  });

  test('takes requests that fail side by side as one failure, and waits longer with each', () => {
    const { server, pass } = create();
    for (let i = 0; i < 4; i++) server.enter();
    for (let i = 0; i < 4; i++) server.failed(undefined);
    expect(server.waitMs).toBeLessThanOrEqual(POLICY.baseMs);
    let longest = 0;
    for (let i = 0; i < 40; i++) {
      pass(POLICY.maxMs);
      server.enter();
      server.failed(undefined);
      longest = Math.max(longest, server.waitMs);
    }
    expect(longest).toBeGreaterThan(POLICY.baseMs * 2);
    expect(longest).toBeLessThanOrEqual(POLICY.maxMs);
  });

  test('waits as long as the server asks', () => {
    const { server, pass } = create();
    server.enter();
    server.failed(5_000);
    pass(4_999);
    expect(server.admits).toBe(false);
    pass(200);
    expect(server.admits).toBe(true);
  });
});
