import { pino, type DestinationStream } from 'pino';
import type { Log } from '../model/log.ts';

/**
 * The log of a process: one line per entry, JSON as pino writes it or text for people, written synchronously so that
 * the last words before an exit are not lost.
 */
export function createLog(
  level: 'debug' | 'info' | 'warn' | 'error',
  format: 'json' | 'text',
  write: (line: string) => void,
): Log {
  const destination: DestinationStream = { write: format === 'json' ? write : (line) => write(toTextLine(line)) };
  const options = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } };
  return pino({ ...options, timestamp: () => `,"time":"${new Date().toISOString()}"` }, destination);
}

/** `12:34:56.789 WARN  message key=value` from pino's line. */
function toTextLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${toFieldText(value)}`);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${pairs.join('')}\n`;
}

function toFieldText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
