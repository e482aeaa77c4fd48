import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { runRole } from '../../../src/cli/run-role.ts';
import type { RoleContext } from '../../../src/model/role-context.ts';
import { createCapturedStreams } from '../../support/captured-streams.ts';

const SETTINGS = { forMs: undefined, logLevel: 'info', logFormat: 'auto' } as const;

async function untilStopped({ signal }: RoleContext): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function listenerCounts(): number[] {
  return ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name));
}

describe('a role', () => {
  test('is stopped when the time of --for is over', async () => {
    const { stdout, stderr, text } = createCapturedStreams();
    const begin = performance.now();
    await runRole({ ...SETTINGS, forMs: 80 }, { args: [], env: {}, stdout, stderr }, untilStopped);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(75);
    expect(JSON.parse(text.err)).toMatchObject({ level: 'info', msg: 'stopping' });
  });

  test('is stopped when the reader of stdout goes away, which is no failure', async () => {
    const { stdout, stderr, text } = createCapturedStreams();
    setTimeout(() => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })), 10);
    await runRole(SETTINGS, { args: [], env: {}, stdout, stderr }, untilStopped);
    expect(text.err).toContain('the reader of stdout went away');
  });

  test('gives up its listeners, also when it fails, and its error reaches the caller', async () => {
    const before = listenerCounts();
    const { stdout, stderr } = createCapturedStreams();
    const failing = runRole(SETTINGS, { args: [], env: {}, stdout, stderr }, () => {
      expect(listenerCounts()).not.toEqual(before);
      return Promise.reject(new Error('no right'));
    });
    await expect(failing).rejects.toThrow('no right');
    expect(listenerCounts()).toEqual(before);
    expect(stdout.listenerCount('error')).toBe(0);
  });

  test('logs text for a terminal', async () => {
    const { stdout, stderr, text } = createCapturedStreams();
    const terminal = Object.assign(stderr, { isTTY: true });
    await runRole(SETTINGS, { args: [], env: {}, stdout, stderr: terminal }, ({ log }) => {
      log.warn({ port: 80, name: 'a' }, 'look');
      return Promise.resolve();
    });
    expect(text.err).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}look port=80 name=a\n$/);
  });
});
