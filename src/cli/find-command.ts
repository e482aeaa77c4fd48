import { resolveNearestName } from '../lib/nearest-name.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { COMMANDS, type Command } from './commands.ts';

/** The command of a name; throws COMMAND_UNKNOWN with the nearest one. */
export function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((candidate) => candidate.name);
  const nearest = resolveNearestName(name, names);
  const known = names.join(', ') + (nearest === undefined ? '' : ` (did you mean ${nearest}?)`);
  throw new PodflowError('COMMAND_UNKNOWN', { command: name, known });
}
