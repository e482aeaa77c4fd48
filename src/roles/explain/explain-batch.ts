import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { readBoundedLines } from './bounded-lines.ts';
import { explainConnection } from './explain-connection.ts';
import type { Explanation } from './explanation.ts';
import { parseQuestion } from './question.ts';
import { readCluster } from './read-cluster.ts';

const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** What is told where a line cannot be answered. */
interface Unanswered {
  readonly verdict: 'unknown';
  readonly error: string;
}

/** Answers each line `{objects, from, to, port, protocol}` with a line, in order; a line that is wrong ends nothing. */
export async function explainBatch(input: Readable, output: Writable, signal: AbortSignal): Promise<void> {
  const stop = (): unknown => input.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of readBoundedLines(input, MAX_LINE_BYTES)) {
      if (signal.aborted) return;
      if (line?.trim() === '') continue;
      const isTaken = output.write(`${JSON.stringify(explainLine(line))}\n`);
      if (!isTaken) await once(output, 'drain', { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Never throws, whatever the line holds.
 * @param line undefined where it was too long
 */
export function explainLine(line: string | undefined): Explanation | Unanswered {
  if (line === undefined) return toUnanswered(`the line is longer than ${MAX_LINE_BYTES} bytes`);
  try {
    const fields: unknown = JSON.parse(line);
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
    return isObject ? explainFields({ ...fields }) : toUnanswered('the line is no JSON object');
  } catch (error) {
    const what = error instanceof SyntaxError ? 'the line is no JSON' : 'the line cannot be answered';
    return toUnanswered(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function explainFields(fields: Readonly<Record<string, unknown>>): Explanation | Unanswered {
  const parsed = parseQuestion(fields);
  if ('problem' in parsed) return toUnanswered(parsed.problem);
  const read = readCluster(fields['objects']);
  if ('problem' in read) return toUnanswered(read.problem);
  const answered = explainConnection(parsed.question, read.cluster);
  return 'problem' in answered ? toUnanswered(answered.problem) : answered.explanation;
}

function toUnanswered(error: string): Unanswered {
  return { verdict: 'unknown', error };
}
