import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeWithRights } from '../support/requirements.ts';

const run = promisify(execFile);
const BACKEND = fileURLToPath(new URL('../../src/capture/node/node-backend.ts', import.meta.url));

/** Starts the capture in a process that lacks capabilities, in a network namespace of its own; tells how it ended. */
async function startWithout(capabilities: string): Promise<Record<string, unknown>> {
  const script = `
    const { NodeBackend } = await import(${JSON.stringify(BACKEND)});
    const warnings = [];
    const log = { debug() {}, info() {}, warn(_, text) { warnings.push(text); }, error() {} };
    const options = { namespacePath: undefined, procPath: '/proc', include: ['*'], exclude: [], uplinks: [],
      intervalMs: 1000, mapEntries: 1024 };
    const sink = { deltas() {}, icmpError() {}, dnsMessage() {}, drained() {}, intervalEnd: () => Promise.resolve() };
    const backend = new NodeBackend(options, log);
    const outcome = await backend.start(sink).then(() => ({ started: true }), (error) => ({
      code: error.code, exitCode: error.exitCode, message: error.message }));
    console.log(JSON.stringify({ ...outcome, warnings }));
    process.exit(0);`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await run('unshare', ['--net', 'setpriv', `--bounding-set=${capabilities}`, ...node]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describeWithRights('node capture without the rights it needs', ['unshare', 'setpriv'], () => {
  test('with all of them it starts', async () => {
    expect(await startWithout('+all')).toEqual({ started: true, warnings: [] });
  });

  test('without NET_RAW and BPF it says both, and that it ends with status 3', async () => {
    const outcome = await startWithout('-net_raw,-bpf,-sys_admin');
    expect(outcome).toMatchObject({ code: 'CAPTURE_RIGHT_MISSING', exitCode: 3 });
    expect(outcome['message']).toMatch(/the pods of this node.*NET_RAW.*BPF/s);
  });

  test('without BPF', async () => {
    const outcome = await startWithout('-bpf,-sys_admin');
    expect(outcome).toMatchObject({ code: 'CAPTURE_RIGHT_MISSING', exitCode: 3 });
    expect(outcome['message']).not.toContain('NET_RAW (');
  });

  test('without the right to look into pods it starts and says what is lacking', async () => {
    const outcome = await startWithout('-sys_ptrace');
    expect(outcome).toMatchObject({ started: true, warnings: [expect.stringContaining('SYS_PTRACE')] });
  });
});
