import type { Readable } from 'node:stream';
import type { Trouble } from './trouble.ts';

/** Takes the chunks of a body; something other than undefined ends the reading, and the connection. */
export type TakeChunk<Result> = (chunk: Buffer) => Result | undefined;

/** The body came to its end. */
export interface BodyEnd {
  readonly kind: 'end';
}

const END: BodyEnd = { kind: 'end' };

/**
 * Hands on a body chunk by chunk until its end, or until `take` has seen enough. Never rejects: a body that breaks off,
 * or of which no byte comes for `idleMs`, is `interrupted`.
 */
export async function readBody<Result>(
  body: Readable,
  idleMs: number,
  take: TakeChunk<Result>,
): Promise<Result | BodyEnd | Trouble> {
  let isIdle = false;
  const idle = setTimeout(() => {
    isIdle = true;
    body.destroy();
  }, idleMs);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      idle.refresh();
      const result = take(chunk);
      if (result !== undefined) return result;
    }
    return END;
  } catch (error) {
    const reason = isIdle ? `nothing came for ${idleMs} ms` : error instanceof Error ? error.message : String(error);
    return { kind: 'interrupted', reason };
  } finally {
    clearTimeout(idle);
  }
}

/** Collects a body of at most `mostBytes` as UTF-8 text. */
export async function collectBody(
  body: Readable,
  idleMs: number,
  mostBytes: number,
): Promise<{ readonly kind: 'text'; readonly text: string } | Trouble> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  const end = await readBody<Trouble>(body, idleMs, (chunk) => {
    chunks.push(chunk);
    byteCount += chunk.length;
    return byteCount > mostBytes
      ? { kind: 'garbled', reason: `the answer has more than ${mostBytes} bytes` }
      : undefined;
  });
  return end.kind === 'end' ? { kind: 'text', text: Buffer.concat(chunks, byteCount).toString('utf8') } : end;
}
