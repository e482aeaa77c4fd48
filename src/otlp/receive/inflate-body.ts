import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { GrowingBytes } from './growing-bytes.ts';
import type { MemoryLease } from './memory-budget.ts';
import type { BodyOutcome } from './read-body.ts';

/** Content codings of RFC 9110 §8.4.1 and RFC 8878; `deflate` is the zlib format. */
export type ContentCoding = 'gzip' | 'deflate' | 'zstd';

interface Inflater {
  readonly whole: (body: Buffer, options: { chunkSize: number; maxOutputLength: number }) => Buffer;
  readonly stream: (options: { chunkSize: number }) => Transform;
}

/** A window of 8 MiB is what a receiver must take (RFC 9659 §3), and the memory that a small body may ask for. */
const ZSTD_PARAMS = { [zlib.constants.ZSTD_d_windowLogMax]: 23 };

const INFLATERS: Readonly<Record<ContentCoding, Inflater>> = {
  gzip: { whole: zlib.gunzipSync, stream: zlib.createGunzip },
  deflate: { whole: zlib.inflateSync, stream: zlib.createInflate },
  zstd: {
    whole: (body, options) => zlib.zstdDecompressSync(body, { ...options, params: ZSTD_PARAMS }),
    stream: (options) => zlib.createZstdDecompress({ ...options, params: ZSTD_PARAMS }),
  },
};

/** Whether this Node.js can undo a coding: zstd came with 22.15. */
export function parseContentCoding(header: string | undefined): ContentCoding | 'identity' | undefined {
  const coding = header?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return 'identity';
  if (coding === 'zstd') return typeof zlib.createZstdDecompress === 'function' ? coding : undefined;
  if (coding === 'x-gzip') return 'gzip';
  return coding === 'gzip' || coding === 'deflate' ? coding : undefined;
}

/** What is inflated at once, in a few milliseconds; more than that off the main thread, which costs half as much again. */
const AT_ONCE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 128 * 1024;
/** Of gzip: the last member's size modulo 2^32 (RFC 1952 §2.3.1). It may lie. */
const SIZE_BYTES = 4;

/** Decompresses a body, charging the lease for what comes out, and stops as soon as that is more than `mostBytes`. */
export async function inflateBody(
  body: Buffer,
  coding: ContentCoding,
  mostBytes: number,
  lease: MemoryLease,
): Promise<BodyOutcome> {
  const expectedBytes = toExpectedBytes(body, coding);
  if (expectedBytes <= AT_ONCE_BYTES && body.length <= AT_ONCE_BYTES) {
    const outcome = inflateAtOnce(body, coding, Math.min(AT_ONCE_BYTES, mostBytes), expectedBytes);
    if (outcome.kind === 'body' && !lease.grow(outcome.body.length)) return { kind: 'starved' };
    if (outcome.kind !== 'too_large') return outcome;
  }
  return inflateInPieces(body, coding, mostBytes, expectedBytes, lease);
}

function toExpectedBytes(body: Buffer, coding: ContentCoding): number {
  if (coding !== 'gzip' || body.length < SIZE_BYTES) return 4 * body.length;
  return body.readUInt32LE(body.length - SIZE_BYTES);
}

function inflateAtOnce(body: Buffer, coding: ContentCoding, mostBytes: number, expectedBytes: number): BodyOutcome {
  try {
    const chunkSize = Math.max(1024, Math.min(expectedBytes + 1, mostBytes));
    return { kind: 'body', body: INFLATERS[coding].whole(body, { chunkSize, maxOutputLength: mostBytes }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
    return toBroken(coding, error);
  }
}

async function inflateInPieces(
  body: Buffer,
  coding: ContentCoding,
  mostBytes: number,
  expectedBytes: number,
  lease: MemoryLease,
): Promise<BodyOutcome> {
  const bytes = new GrowingBytes(expectedBytes, mostBytes, lease);
  const stream = INFLATERS[coding].stream({ chunkSize: CHUNK_BYTES });
  stream.end(body);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const problem = bytes.append(chunk);
      if (problem !== undefined) return { kind: problem };
    }
  } catch (error) {
    return toBroken(coding, error);
  }
  return { kind: 'body', body: bytes.toBuffer() };
}

function toBroken(coding: ContentCoding, error: unknown): BodyOutcome {
  return {
    kind: 'broken',
    message: `the body is no ${coding}: ${error instanceof Error ? error.message : 'unreadable'}`,
  };
}
