import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Teardown } from '../../support/teardown.ts';
import type { NodeNetwork } from '../node-network.ts';
import type { Observer, ObserverAccount } from './observer.ts';
import { parseNfdump } from './parse-nfdump.ts';
import { startLogged, type Logged } from './start-logged.ts';

const PORT = 32_055;
const TIMEOUTS = ['maxlife=5s', 'general=5s', 'udp=5s', 'tcp=5s', 'expint=1s'];
const MAX_FLOWS = 120_000;
/** Past the timeouts and the pass that follows them. */
const DRAIN_MS = 6_500;
const READY_MS = 5_000;
/** softflowd changes its user, by which the kernel forgets to end it with us: it ends by itself after so long. */
const LONGEST_RUN_SECONDS = 120;

/** Debian's softflowd, NetFlow v9 to nfcapd on the observed namespace's loopback, counted by nfdump. */
export class SoftflowdObserver implements Observer {
  readonly pids: readonly number[];
  readonly intervalMs = undefined;
  readonly #softflowd: Logged;
  readonly #nfcapd: Logged;
  readonly #folder: string;
  readonly #discard: () => void;

  private constructor(softflowd: Logged, nfcapd: Logged, folder: string, discard: () => void) {
    this.#softflowd = softflowd;
    this.#nfcapd = nfcapd;
    this.#folder = folder;
    this.#discard = discard;
    // The collector's cost is not the observer's, as podflow's receiver is not.
    this.pids = [softflowd.child.pid ?? 0];
  }

  /** Whether all its programs are installed. */
  static isInstalled(): boolean {
    const folders = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin');
    const isFound = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)));
    return ['softflowd', 'softflowctl', 'nfcapd', 'nfdump'].every(isFound);
  }

  static async start({ observed }: NodeNetwork, teardown: Teardown): Promise<SoftflowdObserver> {
    const folder = mkdtempSync(join(tmpdir(), 'podflow-bench-'));
    mkdirSync(join(folder, 'nf'));
    const capture = ['-b', '127.0.0.1', '-p', String(PORT), '-B', '8000000', '-w', join(folder, 'nf'), '-t', '3600'];
    const nfcapd = startLogged((stdio) => observed.namespace.spawn('nfcapd', capture, { stdio }));
    const limited = ['timeout', '--foreground', String(LONGEST_RUN_SECONDS), 'softflowd', ...toArguments(folder)];
    const argv = [`--net=${observed.namespace.path}`, ...limited, '-i', observed.interfaceName];
    const softflowd = startLogged((stdio) => spawn('nsenter', argv, { stdio }));
    const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
    const forget = teardown.add(() => {
      softflowd.child.kill('SIGTERM');
      removeFolder();
    });
    const observer = new SoftflowdObserver(softflowd, nfcapd, folder, () => {
      forget();
      removeFolder();
    });
    await observer.#untilReady();
    return observer;
  }

  async drain(): Promise<void> {
    await delay(DRAIN_MS);
  }

  async finish(): Promise<ObserverAccount> {
    const { child } = this.#softflowd;
    if (child.exitCode !== null) throw new Error(`softflowd ended before its time:\n${this.#softflowd.lastLines()}`);
    const ended = once(child, 'exit');
    execFileSync('softflowctl', ['-c', join(this.#folder, 'ctl'), 'shutdown'], { stdio: 'ignore' });
    await ended;
    await delay(500);
    const closed = once(this.#nfcapd.child, 'exit');
    this.#nfcapd.child.kill('SIGTERM');
    await closed;
    const format = ['-R', join(this.#folder, 'nf'), '-q', '-N', '-o', 'fmt:%pkt %byt'];
    const account = parseNfdump(execFileSync('nfdump', format, { encoding: 'utf8', maxBuffer: 2 ** 28 }));
    this.#discard();
    return account;
  }

  kill(): void {
    this.#softflowd.child.kill('SIGTERM');
    this.#nfcapd.child.kill('SIGKILL');
    this.#discard();
  }

  async #untilReady(): Promise<void> {
    for (const endMs = Date.now() + READY_MS; Date.now() < endMs; await delay(50)) {
      if (existsSync(join(this.#folder, 'ctl'))) return;
      if (this.#softflowd.child.exitCode !== null) break;
    }
    this.kill();
    throw new Error(`softflowd did not get ready:\n${this.#softflowd.lastLines()}`);
  }
}

function toArguments(folder: string): string[] {
  const limits = TIMEOUTS.flatMap((timeout) => ['-t', timeout]).concat('-m', String(MAX_FLOWS));
  const files = ['-p', join(folder, 'pid'), '-c', join(folder, 'ctl')];
  return ['-d', '-v', '9', '-n', `127.0.0.1:${PORT}`, ...limits, ...files];
}
