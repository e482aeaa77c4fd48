import { SEEN } from './delivered-memory.ts';
import type { OpenConnection } from './open-connection.ts';

/** What is to be remembered of a connection's interval, a union of `SEEN`. */
export function toSeen({ clientSide, serverSide, verdict }: OpenConnection): number {
  const outcome = verdict === 'forwarded' ? SEEN.forwarded : 0;
  const server = serverSide === undefined ? outcome : outcome | SEEN.server;
  if (clientSide === undefined) return server;
  const begin = clientSide.sequence === 0 ? SEEN.clientBegin : 0;
  return server | SEEN.client | begin | (clientSide.event === 'end' ? SEEN.clientEnd : 0);
}
