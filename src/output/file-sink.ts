import { constants, open, type FileHandle } from 'node:fs/promises';
import { PodflowError } from '../lib/podflow-error.ts';
import type { TextSink } from './text-sink.ts';

/** Appending, so that a file which is cut by a log rotation (copytruncate) goes on at its new end. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/**
 * Writes to a file, which is emptied at the start. What could be written in part only, because the disk is full, is
 * taken back, so that the file always ends with a whole line; the next write is tried afresh.
 */
export class FileSink implements TextSink {
  readonly target: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.target = path;
  }

  get isUsable(): boolean {
    return this.#file !== undefined;
  }

  async open(): Promise<void> {
    try {
      this.#file = await open(this.target, FLAGS, 0o644);
    } catch (error) {
      throw new PodflowError('OUTPUT_FILE_UNWRITABLE', { path: this.target, reason: (error as Error).message }, error);
    }
  }

  async write(bytes: Uint8Array): Promise<Error | undefined> {
    const file = this.#file;
    if (file === undefined) return new PodflowError('OUTPUT_FILE_UNWRITABLE', { path: this.target, reason: 'closed' });
    let written = 0;
    try {
      while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
      return undefined;
    } catch (error) {
      if (written > 0) await takeBack(file, written);
      return error as Error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}

/** Cuts the last bytes off; what cannot be cut (a device, a pipe) stays as it is. */
async function takeBack(file: FileHandle, byteCount: number): Promise<void> {
  try {
    const { size } = await file.stat();
    await file.truncate(Math.max(0, size - byteCount));
  } catch {
    // The failed write is what is told.
  }
}
