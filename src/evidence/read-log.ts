import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { PodflowError } from '../lib/podflow-error.ts';
import { followFile } from './follow-file.ts';
import { inflateIfGzip, isGzip } from './inflate-if-gzip.ts';
import type { LogPiece } from './log-piece.ts';

/** The operand that means stdin. */
export const STDIN = '-';

export interface ReadLogOptions {
  /** Ends the reading, at once and without an error. */
  readonly signal: AbortSignal;
  /** Goes on with what is written to a plain file after its end; pipes and packed files end where they end. */
  readonly isFollowing: boolean;
}

/**
 * The bytes of a log: a file, a pipe or stdin, plain or gzip (told by its first bytes), of any length.
 * @throws PodflowError EVIDENCE_LOG_UNREADABLE
 */
export async function* readLog(path: string, { signal, isFollowing }: ReadLogOptions): AsyncGenerator<LogPiece> {
  try {
    if (isFollowing && (await isPlainFile(path))) yield* followFile(path, signal);
    else yield* readToEnd(path, signal);
  } catch (error) {
    if (signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PodflowError('EVIDENCE_LOG_UNREADABLE', { path: path === STDIN ? 'stdin' : path, reason }, error);
  }
}

async function* readToEnd(path: string, signal: AbortSignal): AsyncGenerator<LogPiece> {
  const stream = path === STDIN ? process.stdin : createReadStream(path);
  yield* inflateIfGzip(addAbortSignal(signal, stream));
  yield 'file_ended';
}

async function isPlainFile(path: string): Promise<boolean> {
  if (path === STDIN || !(await stat(path)).isFile()) return false;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return !isGzip(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
