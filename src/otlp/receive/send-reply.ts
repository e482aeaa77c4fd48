import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './http-reply.ts';

/**
 * Sends a reply as the whole answer. Where the request has not come whole the connection is closed after it; what still
 * comes is thrown away for `lingerMs` before, since a connection closed on unread bytes takes the answer with it.
 */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Reply,
  lingerMs: number,
): Promise<void> {
  const isWhole = request.complete;
  const connection = isWhole ? {} : { Connection: 'close' };
  response.writeHead(status, { ...headers, 'Content-Length': String(Buffer.byteLength(body)), ...connection });
  if (isWhole) {
    response.end(body);
    return;
  }
  response.write(body);
  if (lingerMs > 0) await passRest(request, lingerMs);
  response.end();
}

function passRest(request: IncomingMessage, lingerMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      request.off('end', finish).off('close', finish);
      resolve();
    };
    const timer = setTimeout(finish, lingerMs);
    request.once('end', finish).once('close', finish).resume();
  });
}
