import type { ChildProcess, StdioOptions } from 'node:child_process';

const KEPT_CHARACTERS = 4_000;

/** A process whose last words are kept, for the message when it fails. */
export interface Logged {
  readonly child: ChildProcess;
  lastLines(): string;
}

/** Starts a process with its stdout and stderr kept; only the last few thousand characters of them. */
export function startLogged(start: (stdio: StdioOptions) => ChildProcess): Logged {
  const child = start(['ignore', 'pipe', 'pipe']);
  let text = '';
  const keep = (chunk: Buffer): void => void (text = (text + chunk.toString()).slice(-KEPT_CHARACTERS));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return { child, lastLines: () => text };
}
