import type { IncomingMessage } from 'node:http';

/** More than this of a response is not read (OTLP 1.x recommends 4 MiB to clients). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  /** The `Retry-After` header as it came. */
  readonly retryAfter: string | undefined;
  /** Undefined when it was cut off or longer than 4 MiB. */
  readonly body: Buffer | undefined;
}

/** Reads a response to its end and hands it over once; a connection that breaks within the body ends it too. */
export function readAnswer(response: IncomingMessage, done: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  const finish = (body: Buffer | undefined): void => {
    response.removeListener('close', onClose);
    done({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body });
  };
  const onClose = (): void => finish(undefined);
  response.on('data', (chunk: Buffer) => {
    byteCount += chunk.length;
    if (byteCount > MAX_BODY_BYTES) response.destroy();
    else chunks.push(chunk);
  });
  response.on('end', () => finish(Buffer.concat(chunks)));
  response.on('close', onClose);
  // The status is known: what the receiver did with the request does not hang on the rest of its answer.
  response.on('error', () => undefined);
}
