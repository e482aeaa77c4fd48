import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { PodflowError } from './podflow-error.ts';

const READY_ATTEMPTS = 500;
const READY_DELAY_MS = 2;

/**
 * A network namespace held by a process of its own instead of by a name under /run/netns: when podflow ends, even by
 * SIGKILL, the kernel ends the holder (PR_SET_PDEATHSIG), and with it goes the namespace with its interfaces, rules
 * and connections. Nothing is left behind to clean up.
 */
export class NetworkNamespace {
  readonly name: string;
  readonly path: string;
  readonly #holder: ChildProcess;

  private constructor(name: string, holder: ChildProcess) {
    this.name = name;
    this.#holder = holder;
    this.path = `/proc/${holder.pid}/ns/net`;
  }

  /**
   * Makes a namespace with the loopback device up.
   * @throws PodflowError DEMO_NETWORK_FAILED when it may not be made
   */
  static async create(name: string): Promise<NetworkNamespace> {
    const holder = spawnBound(['unshare', '--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const namespace = new NetworkNamespace(name, holder);
    await namespace.#untilSeparate();
    namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  async #untilSeparate(): Promise<void> {
    const own = readlinkSync('/proc/self/ns/net');
    for (let attempt = 0; attempt < READY_ATTEMPTS; attempt++) {
      if (this.#holder.exitCode !== null || this.#holder.pid === undefined) break;
      if (isCommand(this.#holder.pid, 'sleep') && readlinkSync(this.path) !== own) return;
      await delay(READY_DELAY_MS);
    }
    this.close();
    throw new PodflowError('DEMO_NETWORK_FAILED', { reason: `unshare --net gave no namespace for ${this.name}` });
  }

  /** Runs a command inside and returns what it printed. */
  run(command: string, ...args: readonly string[]): string {
    try {
      return execFileSync('nsenter', [`--net=${this.path}`, command, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 2 ** 28,
      });
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
      throw new PodflowError('DEMO_NETWORK_FAILED', { reason: `${command} ${args.join(' ')}: ${said}` }, error);
    }
  }

  /** Starts a command inside; it ends with this process at the latest. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawnBound(['nsenter', `--net=${this.path}`, command, ...args], options);
  }

  /** Ends the holder; the namespace goes when its last process has ended. Safe twice. */
  close(): void {
    this.#holder.kill('SIGKILL');
  }
}

/** Starts a command that the kernel kills when this process ends. */
export function spawnBound(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], options);
}

function isCommand(pid: number, name: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).endsWith(`/${name}`);
  } catch {
    return false;
  }
}

/** Joins two namespaces by a veth pair with one end in each; both ends are up. */
export function connectNamespaces(a: NetworkNamespace, aName: string, b: NetworkNamespace, bName: string): void {
  const bPid = b.path.split('/')[2] ?? '';
  a.run('ip', 'link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', bPid);
  a.run('ip', 'link', 'set', aName, 'up');
  b.run('ip', 'link', 'set', bName, 'up');
}
