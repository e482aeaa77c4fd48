import { afterEach, describe, expect, test } from '@jest/globals';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { createShutdown, type Shutdown } from '../../../src/lib/shutdown.ts';

describe('the wish to stop', () => {
  const made: Shutdown[] = [];
  const create = (forMs?: number) => {
    const exits: number[] = [];
    const shutdown = createShutdown(SILENT_LOG, forMs, (status) => exits.push(status));
    made.push(shutdown);
    return { shutdown, exits };
  };
  afterEach(() => {
    for (const shutdown of made.splice(0)) shutdown.dispose();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s once asks, twice ends with %d', (name, status) => {
    const { shutdown, exits } = create();
    process.emit(name, name);
    expect([shutdown.signal.aborted, shutdown.signal.reason, exits]).toEqual([true, name, []]);
    process.emit(name, name);
    expect(exits).toEqual([status]);
  });

  test('a first Ctrl-C after the time is over still lets the role clean up', async () => {
    const { shutdown, exits } = create(1);
    await new Promise((resolve) => shutdown.signal.addEventListener('abort', resolve));
    process.emit('SIGINT', 'SIGINT');
    expect(exits).toEqual([]);
    process.emit('SIGTERM', 'SIGTERM');
    expect(exits).toEqual([143]);
  });

  test('keeps the first reason', () => {
    const { shutdown } = create();
    shutdown.request('first');
    shutdown.request('second');
    expect(shutdown.signal.reason).toBe('first');
  });

  test('is over with dispose', async () => {
    const before = process.listenerCount('SIGTERM');
    const { shutdown } = create(5);
    shutdown.dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(shutdown.signal.aborted).toBe(false);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
