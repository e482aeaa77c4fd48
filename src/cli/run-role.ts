import { createLog } from '../lib/create-log.ts';
import { createShutdown } from '../lib/shutdown.ts';
import type { ProbeSettings } from '../config/settings.ts';
import type { Log } from '../model/log.ts';
import type { OutputStream, RoleContext } from '../model/role-context.ts';
import type { Invocation } from './invocation.ts';

type RunSettings = Pick<ProbeSettings, 'forMs' | 'logLevel' | 'logFormat'>;

/**
 * Runs a role until it is done, with its log, its stop signal and guards around it: once it runs, an error that
 * nobody caught is logged and nothing but a signal ends it.
 */
export async function runRole(
  settings: RunSettings,
  { env, stdout, stderr }: Invocation,
  run: (context: RoleContext) => Promise<void>,
): Promise<void> {
  const format = settings.logFormat === 'auto' ? (stderr.isTTY === true ? 'text' : 'json') : settings.logFormat;
  const log = createLog(settings.logLevel, format, (line) => void stderr.write(line));
  const shutdown = createShutdown(log, settings.forMs);
  const releases = [guardProcess(log), guardStdout(stdout, shutdown.request), shutdown.dispose];
  try {
    await run({ log, signal: shutdown.signal, env, stdout, stderr });
  } finally {
    for (const release of releases) release();
  }
}

function guardProcess(log: Log): () => void {
  const onError = (err: unknown): void => log.error({ err }, 'an error that nobody caught; going on');
  process.on('uncaughtException', onError).on('unhandledRejection', onError);
  return () => process.off('uncaughtException', onError).off('unhandledRejection', onError);
}

/** A reader that goes away (`| head`) is a wish to stop, no error. */
function guardStdout(stdout: OutputStream, stop: (reason: string) => void): () => void {
  const onError = (error: NodeJS.ErrnoException): void =>
    stop(error.code === 'EPIPE' ? 'the reader of stdout went away' : `stdout failed: ${error.message}`);
  stdout.on('error', onError);
  return () => stdout.off('error', onError);
}
