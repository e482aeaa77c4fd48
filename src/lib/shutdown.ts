import type { Log } from '../model/log.ts';

const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;

export interface Shutdown {
  /** Aborted once the process should stop. */
  readonly signal: AbortSignal;
  /** Asks for the stop from within; later reasons are ignored. */
  readonly request: (reason: string) => void;
  /** Gives the signals and the timer back. */
  readonly dispose: () => void;
}

/**
 * Turns SIGTERM, SIGINT and the end of `forMs` into one abort. A second signal ends the process at once with the
 * shell's status for it (128 + its number).
 */
export function createShutdown(
  log: Log,
  forMs: number | undefined,
  exit: (status: number) => void = (status) => process.exit(status),
): Shutdown {
  const controller = new AbortController();
  const request = (reason: string): void => {
    if (controller.signal.aborted) return;
    log.info({ reason }, 'stopping');
    controller.abort(reason);
  };
  let signalled = false;
  const onSignal = (name: keyof typeof SIGNAL_NUMBER): void => {
    if (signalled) exit(128 + SIGNAL_NUMBER[name]);
    signalled = true;
    request(name);
  };
  const timer = forMs === undefined ? undefined : setTimeout(request, forMs, 'the time given by --for is over');
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    request,
    dispose: () => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
