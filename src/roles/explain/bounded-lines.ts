import type { Readable } from 'node:stream';
import { LineSplitter, type BoundedLine } from '../../lib/line-splitter.ts';

/** The lines of a stream of bytes or texts; the last one may lack its line feed. */
export async function* readBoundedLines(input: Readable, mostBytes: number): AsyncGenerator<BoundedLine> {
  const splitter = new LineSplitter(mostBytes);
  for await (const chunk of input as AsyncIterable<Buffer | string>)
    yield* splitter.split(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  yield* splitter.end();
}
