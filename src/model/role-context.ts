import type { Writable } from 'node:stream';
import type { Log } from './log.ts';

/** Where results go: a pipe, a file or a terminal (which tells its width). */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a role gets from the command line beside its settings. */
export interface RoleContext {
  readonly log: Log;
  /** Aborted by SIGTERM, SIGINT, the end of `--for` or a reader of stdout that went away: the role then stops. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
