import type { Readable } from 'node:stream';

const LINE_FEED = 0x0a;

/**
 * The lines of a stream of bytes, without their line feeds; the last one may lack its own. A line longer than `mostBytes`
 * is `undefined`, and takes no more memory than that.
 */
export async function* readBoundedLines(input: Readable, mostBytes: number): AsyncGenerator<string | undefined> {
  const parts: Buffer[] = [];
  let byteCount = 0;
  const finish = (): string | undefined => {
    const line = byteCount > mostBytes ? undefined : Buffer.concat(parts).toString('utf8');
    parts.length = 0;
    byteCount = 0;
    return line;
  };
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    while (from < bytes.length) {
      const at = bytes.indexOf(LINE_FEED, from);
      const to = at < 0 ? bytes.length : at;
      byteCount += to - from;
      if (byteCount > mostBytes) parts.length = 0;
      else parts.push(bytes.subarray(from, to));
      if (at >= 0) yield finish();
      from = to + 1;
    }
  }
  if (byteCount > 0) yield finish();
}
