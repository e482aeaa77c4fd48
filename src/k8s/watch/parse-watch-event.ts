import type { ObjectChange } from '../name-feed.ts';
import type { ApiStatus } from './trouble.ts';

/** One event of a watch (meta/v1 `WatchEvent`). */
export type WatchEvent =
  | { readonly type: ObjectChange; readonly object: object; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly status: ApiStatus };

/** Parses one line of a watch; undefined when it is no event, whatever else it is. */
export function parseWatchEvent(line: string): WatchEvent | undefined {
  const event = parseJson(line);
  if (!isObject(event) || !isObject(event.object)) return undefined;
  const { type, object } = event;
  if (type === 'ERROR') return { type, status: object as ApiStatus };
  const resourceVersion = isObject(object.metadata) ? object.metadata.resourceVersion : undefined;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return undefined;
  if (type === 'BOOKMARK') return { type, resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object, resourceVersion };
  return undefined;
}

interface Loose {
  readonly type?: unknown;
  readonly object?: unknown;
  readonly metadata?: unknown;
  readonly resourceVersion?: unknown;
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
