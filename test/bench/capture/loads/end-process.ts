import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends a helper process that has nothing to finish, and waits until it has gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
