import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/source-files.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = `${ROOT}src/main.ts`;

describe('podflow as a process', () => {
  test.each([
    [['version'], 0],
    [['nonsense'], 2],
    [['settings', '--nonsense'], 2],
    [['probe', '--interval', 'soon'], 2],
  ])('%j ends with status %d', (args, status) => {
    const result = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(result).toMatchObject({ status, [status === 0 ? 'stderr' : 'stdout']: '' });
  });

  test('ends quietly when its reader goes away', () => {
    const command = `"$0" "$1" settings --json | head -c 1; echo "$\{PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, MAIN], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '[0\n', stderr: '' });
  });
});

/** A role that cleans up for ever, in a process of its own. */
const STUBBORN_ROLE = `
  import { runRole } from ${JSON.stringify(`${ROOT}src/cli/run-role.ts`)};
  const { stdout, stderr } = process;
  const settings = { forMs: undefined, logLevel: 'info', logFormat: 'json' };
  const run = async () => {
    setTimeout(() => { throw new Error('planted exception'); }, 10);
    setTimeout(() => void Promise.reject(new Error('planted rejection')), 20);
    setTimeout(() => stdout.write('still here'), 60);
    await new Promise(() => setInterval(() => undefined, 1000));
  };
  await runRole(settings, { args: [], env: {}, stdout, stderr }, run);
`;

describe('a running role', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('survives errors that nobody caught, and ends at the second %s', async (signal, status) => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', STUBBORN_ROLE]);
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (text.out += String(chunk)));
    child.stderr.on('data', (chunk) => (text.err += String(chunk)));
    const exited = once(child, 'exit');
    try {
      await waitFor('the role to outlive its errors', () => text.out === 'still here');
      child.kill(signal);
      await waitFor('the first signal to be noticed', () => text.err.includes('stopping'));
      child.kill(signal);
      expect(await exited).toEqual([status, null]);
      expect(text.err).toContain('planted exception');
      expect(text.err).toContain('planted rejection');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
