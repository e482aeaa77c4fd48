import { EXIT } from '../lib/error-catalogue.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { findCommand } from './find-command.ts';
import { toProgramHelp } from './help-text.ts';
import type { Invocation } from './invocation.ts';

/** Runs one command line (without `node` and the script) and returns the exit status; never rejects. */
export async function runCli(invocation: Invocation): Promise<number> {
  const { args, stderr } = invocation;
  if (args.length === 0) {
    stderr.write(toProgramHelp());
    return EXIT.configuration;
  }
  try {
    const [name, rest] = toCommandLine(args);
    const run = await findCommand(name).load();
    await run({ ...invocation, args: rest });
    return EXIT.done;
  } catch (error) {
    const known = toPodflowError(error);
    stderr.write(`podflow: ${known.message}\n${known.remedy}\n`);
    return known.exitCode;
  }
}

/** `--version` and `--help`, wherever they stand before `--`, are the commands of those names. */
function toCommandLine(args: readonly string[]): [name: string, rest: readonly string[]] {
  const [name = '', ...rest] = args;
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (name === '--version' || name === '-v') return ['version', rest];
  if (name === '--help' || name === '-h') return ['help', rest];
  return flags.includes('--help') || flags.includes('-h') ? ['help', [name]] : [name, rest];
}

function toPodflowError(error: unknown): PodflowError {
  if (error instanceof PodflowError) return error;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PodflowError('INTERNAL', { reason }, error);
}
