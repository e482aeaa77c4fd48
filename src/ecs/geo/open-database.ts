import { readFile, stat } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import { PodflowError } from '../../lib/podflow-error.ts';

/** Between the search tree and the data section of a database. */
const SEPARATOR_BYTES = 16;
const GZIP_MAGIC = 0x1f8b;

export type GeoReader = Reader<Response>;

/** Reads a database whole into memory. Throws GEO_DATABASE_UNREADABLE. */
export async function openDatabase(path: string): Promise<GeoReader> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  });
  if (bytes.length > 2 && bytes.readUInt16BE(0) === GZIP_MAGIC) throw unreadable(path, 'it is packed with gzip');
  const reader = createReader(path, bytes);
  const { nodeCount, searchTreeSize } = reader.metadata;
  const isWhole = nodeCount > 0 && searchTreeSize + SEPARATOR_BYTES < bytes.length;
  if (!isWhole) throw unreadable(path, 'its search tree does not fit the file');
  return reader;
}

/** What changes when the file does; empty where it cannot be looked at. */
export async function readStamp(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}

function createReader(path: string, bytes: Buffer): GeoReader {
  try {
    return new Reader<Response>(bytes);
  } catch (error) {
    throw unreadable(path, 'it is no MaxMind database', error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): PodflowError {
  return new PodflowError('GEO_DATABASE_UNREADABLE', { path, reason }, cause);
}
