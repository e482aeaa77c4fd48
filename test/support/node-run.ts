import { connect } from 'node:net';
import { once } from 'node:events';
import { RoleRun } from './role-run.ts';
import { waitFor } from './wait-for.ts';
import { OWN_LOOPBACK } from './own-loopback.ts';

/** A real `podflow node` process that takes the records of probes on a port of its own loopback address. */
export class NodeRun extends RoleRun {
  readonly #port: number;

  constructor(port: number, args: readonly string[]) {
    // Unless they are what is tested, drops of the machine would be among the records.
    const drops = args.includes('--kernel-drops') ? [] : ['--kernel-drops', 'off'];
    super('node', ['--listen-host', OWN_LOOPBACK, '--listen-port', String(port), '--json', ...drops, ...args]);
    this.#port = port;
  }

  async untilListening(): Promise<void> {
    const hasEnded = (): boolean => this.child.exitCode !== null;
    await waitFor('the node to listen', async () => hasEnded() || canConnect(this.#port), 15_000);
    if (hasEnded()) throw new Error(`the node ended: ${this.stderr}`);
  }
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, OWN_LOOPBACK);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
