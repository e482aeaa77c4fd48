import type { RoleContext } from '../model/role-context.ts';

/** One call of a command: what stands behind its name on the command line, and the process around it. */
export interface Invocation extends Pick<RoleContext, 'env' | 'stdout' | 'stderr'> {
  readonly args: readonly string[];
}

/** Runs a command to its end; the status is 0 unless it throws. */
export type CommandRun = (invocation: Invocation) => Promise<void>;
