import type { IncomingMessage } from 'node:http';
import { GrowingBytes } from './growing-bytes.ts';
import type { MemoryLease } from './memory-budget.ts';

export interface BodyLimits {
  /** Bytes of a body, both as sent and after decompression. */
  readonly bodyBytes: number;
  /** Milliseconds in which the body must have come. */
  readonly bodyMs: number;
}

/** What became of reading a body. */
export type BodyOutcome =
  | { readonly kind: 'body'; readonly body: Buffer }
  | BodyFailure
  /** The sender went away. */
  | { readonly kind: 'aborted' };

/** Why a body was not taken. */
export type BodyFailure =
  | { readonly kind: 'too_large' | 'too_slow' | 'starved' }
  /** It is not in the coding that it was said to be in. */
  | { readonly kind: 'broken'; readonly message: string };

/** Reads a request's body, charging the lease for what has come. Reads no further once it cannot be taken. */
export function readBody(request: IncomingMessage, limits: BodyLimits, lease: MemoryLease): Promise<BodyOutcome> {
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  if (announcedBytes > limits.bodyBytes) return Promise.resolve({ kind: 'too_large' });
  const bytes = new GrowingBytes(announcedBytes, limits.bodyBytes, lease);
  return new Promise((resolve) => {
    const settle = (outcome: BodyOutcome): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      const problem = bytes.append(chunk);
      if (problem !== undefined) settle({ kind: problem });
    };
    const onEnd = (): void => settle({ kind: 'body', body: bytes.toBuffer() });
    const onClose = (): void => settle({ kind: 'aborted' });
    const timer = setTimeout(() => settle({ kind: 'too_slow' }), limits.bodyMs);
    request.on('data', onData).once('end', onEnd).once('close', onClose);
  });
}
