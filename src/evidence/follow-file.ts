import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogPiece } from './log-piece.ts';

const CHUNK_BYTES = 65_536;
/** How often a file is looked at that has been read to its end. */
const POLL_MS = 250;

/**
 * The bytes of a file, and those that are written to it until the signal. Survives rotation by renaming (the old file is
 * read to its end, once more after the new one was seen, then the new one from its beginning) and by truncation; of a
 * file that is cut and has grown beyond its old length within a poll the beginning is missed. Rejects when the file
 * cannot be read at first.
 */
export async function* followFile(path: string, signal: AbortSignal, pollMs = POLL_MS): AsyncGenerator<LogPiece> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let file = await open(path, 'r');
  let position = 0;
  let next: FileHandle | undefined;
  try {
    while (!signal.aborted) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        yield Buffer.from(buffer.subarray(0, bytesRead));
        continue;
      }
      if (next !== undefined || (await file.stat()).size < position) {
        yield 'file_ended';
        if (next !== undefined) await file.close();
        file = next ?? file;
        next = undefined;
        position = 0;
        continue;
      }
      next = await openSuccessor(path, file);
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await Promise.all([file.close(), next?.close()]);
  }
}

/** The file that has the path now, where that is another one; between renaming and creation there is none. */
async function openSuccessor(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  try {
    const [now, held] = [await stat(path), await file.stat()];
    return now.ino === held.ino && now.dev === held.dev ? undefined : await open(path, 'r');
  } catch {
    return undefined;
  }
}
