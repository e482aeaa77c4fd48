import { parseTime } from './parse-time.ts';

/** A message of a log, out of what its carrier put around it. */
export interface UnwrappedLine {
  /** Undefined of an object without a message in a form known here. */
  readonly message: string | undefined;
  /** The object, where there was one. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** When it was written, nanoseconds since the Unix epoch. */
  readonly timeNs: number | undefined;
}

/** Time and message with a space between, as an export of CloudWatch Logs to S3 has them. */
const EXPORTED = /^(\d{4}-\d\d-\d\dT[0-9:.]{8,18}Z)[ \t]+(?=\S)/;
/** Names under which zap, container runtimes and CloudWatch have the message, and its time. */
const MESSAGE_KEYS = ['msg', 'message', 'log'] as const;
const TIME_KEYS = ['ts', 'timestamp', 'time', '@timestamp'] as const;
/** A message may itself be an object: of zap, within that of a container's log. */
const MOST_DEPTH = 3;

/** Takes the message out of a line; undefined for what begins as a JSON object and is none. */
export function unwrapLine(line: string, depth = 0): UnwrappedLine | undefined {
  const text = line.trim();
  const exported = EXPORTED.exec(text);
  if (exported !== null && depth === 0) {
    const inner = unwrapLine(text.slice(exported[0].length), depth + 1);
    return inner && { ...inner, timeNs: inner.timeNs ?? parseTime(exported[1]) };
  }
  if (!text.startsWith('{')) return { message: text, fields: undefined, timeNs: undefined };
  const fields = parseObject(text);
  if (fields === undefined) return undefined;
  const timeNs = TIME_KEYS.map((key) => parseTime(fields[key])).find((time) => time !== undefined);
  const message = MESSAGE_KEYS.map((key) => fields[key]).find((value) => typeof value === 'string');
  if (message?.startsWith('{') !== true || depth >= MOST_DEPTH) return { message: message?.trim(), fields, timeNs };
  const inner = unwrapLine(message, depth + 1);
  return inner && { ...inner, timeNs: inner.timeNs ?? timeNs };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
