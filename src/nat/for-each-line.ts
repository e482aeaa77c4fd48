import type { Readable } from 'node:stream';

/** A line of more has no meaning; its end is cut off. */
const MAX_LINE = 65_536;

/** Calls `take` with every line of a stream of Latin-1 text, without its end. */
export function forEachLine(stream: Readable | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('latin1').on('data', (chunk: string) => {
    const text = rest + chunk;
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      if (to > from) take(text.slice(from, to));
      from = to + 1;
    }
    rest = text.slice(from, from + MAX_LINE);
  });
}
