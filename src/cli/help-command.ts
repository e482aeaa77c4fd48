import { findCommand } from './find-command.ts';
import { toCommandHelp, toProgramHelp } from './help-text.ts';
import type { Invocation } from './invocation.ts';

/** `podflow help [COMMAND]` */
export function helpCommand({ args, stdout }: Invocation): Promise<void> {
  const name = args.find((arg) => !arg.startsWith('-'));
  stdout.write(name === undefined ? toProgramHelp() : toCommandHelp(findCommand(name)));
  return Promise.resolve();
}
