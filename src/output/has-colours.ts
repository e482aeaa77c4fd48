import type { OutputStream } from '../model/role-context.ts';

/** Whether to write in colours: only on a terminal, and not where NO_COLOR is set to anything (no-color.org). */
export function hasColours(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
