import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** RFC 1952 §2.3.1. */
const MAGIC = [0x1f, 0x8b] as const;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC[0] && bytes[1] === MAGIC[1];
}

/** Unpacks what begins as gzip, of one or more members; everything else is handed on as it is. Rejects on damage. */
export async function* inflateIfGzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    const head = await readHead(chunks);
    const whole = joinAgain(head, chunks);
    yield* isGzip(head) ? inflate(whole) : whole;
  } finally {
    await chunks.return?.();
  }
}

/** The first two bytes, with what came together with them; fewer where there are no more. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < MAGIC.length) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joinAgain(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

async function* inflate(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error of either side ends the loop below with that error.
  const feeding = pipeline(packed, gunzip).catch(() => undefined);
  for await (const chunk of gunzip) yield chunk as Buffer;
  await feeding;
}
