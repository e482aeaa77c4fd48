import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { listSettingKeys } from '../../../src/config/settings.ts';
import { SETTINGS } from '../../../src/config/settings-list.ts';
import { createCapturedStreams } from '../../support/captured-streams.ts';

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const { text, stdout, stderr } = createCapturedStreams();
  const status = await runCli({ args, env: {}, stdout, stderr });
  return { status, ...text };
}

describe('the command line', () => {
  test('without a command shows how it is used, on stderr, as a configuration error', async () => {
    expect(await run()).toMatchObject({ status: 2, out: '', err: expect.stringContaining('Usage: podflow COMMAND') });
  });

  test.each([['--help'], ['-h'], ['help']])('%s lists every command', async (flag) => {
    const { status, out, err } = await run(flag);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    for (const { name, summary } of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
  });

  test.each([['version'], ['--version'], ['-v']])('%s prints the version alone', async (flag) => {
    expect(await run(flag)).toEqual({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
  });

  test('an unknown command ends with status 2 and the nearest one', async () => {
    const { status, out, err } = await run('prob', '--interface', 'eth0');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('There is no command "prob".');
    expect(err).toContain('did you mean probe?');
  });

  test.each(COMMANDS)('$name --help tells its operands and each of its flags', async (command) => {
    const { status, out } = await run(command.name, '--help');
    expect(status).toBe(0);
    expect(out).toContain(['Usage: podflow', command.name, ...command.operands].join(' '));
    const keys = command.settings === undefined ? [] : listSettingKeys(command.settings);
    for (const key of keys) expect(out).toContain(`--${SETTINGS[key].flag}`);
    expect(out.match(/^ {2}--/gm) ?? []).toHaveLength(keys.length);
    expect(await run('help', command.name)).toMatchObject({ status: 0, out });
  });

  test('settings lists them all, also as JSON', async () => {
    const flags = Object.values(SETTINGS).map(({ flag }) => `--${flag}`);
    const table = (await run('settings')).out.split('\n').map((line) => line.split(' ')[0]);
    expect(table).toEqual(['FLAG', ...flags, '']);
    const list = JSON.parse((await run('settings', '--json')).out) as { flag: string; env: string }[];
    expect(list.map(({ flag }) => flag)).toEqual(flags);
    expect(list[0]).toMatchObject({ env: 'PODFLOW_INTERFACE', default: 'auto', commands: ['probe'] });
  });

  test('bad settings end with status 2 and tell the remedy', async () => {
    const { status, out, err } = await run('settings', '--josn');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('--josn is no flag. Did you mean --json?');
    expect(err).toContain('`podflow settings` lists every setting');
  });
});
