import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { PodflowError } from '../../lib/podflow-error.ts';

/** What podflow uses of the `cap` package (0.2), which brings no types: a libpcap handle and its packet event. */
export interface CapHandle {
  /**
   * Captures from `device` into `buffer`, promiscuously, at most 65,535 bytes a frame.
   * @param bufferBytes size of the kernel's ring
   * @returns name of the link type
   */
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  close(): boolean;
  /** The captured bytes are at the beginning of the buffer during the call. */
  on(event: 'packet', listener: (byteCount: number) => void): this;
}

interface CapLibrary {
  readonly Cap: new () => CapHandle;
}

/**
 * Loads the native package, when it is first needed: it is optional, and bound to one Node ABI.
 * @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE
 */
export function loadCapLibrary(): CapLibrary {
  if (!isMainThread) throw unavailable('the cap package works in the main thread only');
  try {
    return createRequire(import.meta.url)('cap') as CapLibrary;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw unavailable(`the cap package cannot be loaded: ${text.split('\n', 1)[0] ?? ''}`, error);
  }
}

/** The error of a backend that cannot run. */
export function unavailable(reason: string, cause?: unknown): PodflowError {
  return new PodflowError('CAPTURE_BACKEND_UNAVAILABLE', { backend: 'cap', reason }, cause);
}
