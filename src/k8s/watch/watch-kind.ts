import type { Readable } from 'node:stream';
import { LineSplitter } from '../../lib/line-splitter.ts';
import { parseWatchEvent, type WatchEvent } from './parse-watch-event.ts';
import { readBody } from './read-body.ts';
import type { Trouble } from './trouble.ts';

/** The server ended the watch as it was asked to. */
export interface WatchClosed {
  readonly kind: 'closed';
}

/** An object has about 1.5 MB in etcd at most; as JSON it may be several times that. */
const MOST_LINE_BYTES = 32 * 1024 * 1024;

const CLOSED: WatchClosed = { kind: 'closed' };

/**
 * Reads a watch, one JSON event a line, until it ends, a line is no event, or `take` says that it is of no more use.
 * Never rejects.
 */
export async function watchKind(
  stream: Readable,
  idleMs: number,
  take: (event: WatchEvent) => Trouble | undefined,
): Promise<WatchClosed | Trouble> {
  const lines = new LineSplitter(MOST_LINE_BYTES);
  const end = await readBody<Trouble>(stream, idleMs, (chunk) => {
    for (const line of lines.split(chunk)) {
      if (line === undefined) return toGarbled('is too long');
      const event = parseWatchEvent(line);
      const trouble = event === undefined ? toGarbled('is no event') : take(event);
      if (trouble !== undefined) return trouble;
    }
    return lines.isOverlong ? toGarbled('is too long') : undefined;
  });
  if (end.kind !== 'end') return end;
  // A proxy that gives up ends the body in good order, wherever it is.
  return lines.pendingBytes === 0 ? CLOSED : { kind: 'interrupted', reason: 'the watch ended within an event' };
}

function toGarbled(what: string): Trouble {
  return { kind: 'garbled', reason: `a line of the watch ${what}` };
}
