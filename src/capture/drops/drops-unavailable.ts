import { readFileSync } from 'node:fs';
import { PodflowError } from '../../lib/podflow-error.ts';
import { findMissingDropRights } from './missing-drop-rights.ts';

/** The error that says why the kernel does not tell of drops. */
export function dropsUnavailable(reason: string, cause?: unknown): PodflowError {
  return new PodflowError('KERNEL_DROPS_UNAVAILABLE', { reason }, cause);
}

/** The same for whatever was thrown; says which rights this process lacks, where it lacks some. */
export function toDropsUnavailable(error: unknown): PodflowError {
  const missing = findMissingDropRights(readFileSync('/proc/thread-self/status', 'latin1'));
  const reason = reasonOf(error);
  return dropsUnavailable(
    missing.length === 0 ? reason : `the process lacks ${missing.join(' and ')}: ${reason}`,
    error,
  );
}

function reasonOf(error: unknown): string {
  const { reason } = error instanceof PodflowError ? error.details : {};
  if (typeof reason === 'string') return reason;
  return error instanceof Error ? error.message : String(error);
}
