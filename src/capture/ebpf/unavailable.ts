import { PodflowError } from '../../lib/podflow-error.ts';

/** The error with which the eBPF backend says that it cannot be used, and why. */
export function unavailable(reason: string, cause?: unknown): PodflowError {
  return new PodflowError('CAPTURE_BACKEND_UNAVAILABLE', { backend: 'ebpf', reason }, cause);
}

/** Does what throws when something is missing on this machine. */
export function orUnavailable<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unavailable(`${what}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
