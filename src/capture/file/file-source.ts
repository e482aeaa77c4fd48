import { open, type FileHandle } from 'node:fs/promises';
import { PodflowError } from '../../lib/podflow-error.ts';
import { ByteWindow } from './byte-window.ts';

const WINDOW_BYTES = 2 ** 20;

/** Reads a file from its beginning to its end through a window; pipes will do. */
export class FileSource {
  readonly path: string;
  readonly window = new ByteWindow(new Uint8Array(WINDOW_BYTES), 0);
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @throws PodflowError CAPTURE_FILE_UNREADABLE */
  static async open(path: string): Promise<FileSource> {
    try {
      return new FileSource(path, await open(path, 'r'));
    } catch (error) {
      throw unreadable(path, toReason(error), error);
    }
  }

  /** Offset in the file of what is to be read next. */
  get offset(): number {
    return this.window.fileOffset + this.window.start;
  }

  /**
   * Reads until the window holds `byteCount` bytes.
   * @returns false when the file ends before
   * @throws PodflowError CAPTURE_FILE_UNREADABLE
   */
  async fill(byteCount: number): Promise<boolean> {
    const { window } = this;
    window.makeRoom(byteCount);
    while (window.end < byteCount) {
      const byteRead = await this.#read(window);
      if (byteRead === 0) return false;
      window.end += byteRead;
    }
    return true;
  }

  /** Leaves out `byteCount` bytes, also such as are not in the window yet; false when the file ends before. */
  async skip(byteCount: number): Promise<boolean> {
    const { window } = this;
    let rest = byteCount;
    while (rest > window.length) {
      rest -= window.length;
      window.start = window.end;
      if (!(await this.fill(1))) return false;
    }
    window.start += rest;
    return true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #read(window: ByteWindow): Promise<number> {
    try {
      const { bytesRead } = await this.#file.read(window.bytes, window.end, window.bytes.length - window.end, null);
      return bytesRead;
    } catch (error) {
      throw unreadable(this.path, toReason(error), error);
    }
  }
}

/** The error that a capture file ends in. */
export function unreadable(path: string, reason: string, cause?: unknown): PodflowError {
  return new PodflowError('CAPTURE_FILE_UNREADABLE', { path, reason }, cause);
}

function toReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
