import { SEEN } from './delivered-memory.ts';
import type { OpenConnection } from './open-connection.ts';

/** What is to be remembered of a connection's interval, a union of `SEEN`. */
export function toSeen({ clientRecord, serverRecord }: OpenConnection): number {
  const server = serverRecord === undefined ? 0 : SEEN.server;
  if (clientRecord === undefined) return server;
  const begin = clientRecord.sequence === 0 ? SEEN.clientBegin : 0;
  return server | SEEN.client | begin | (clientRecord.event === 'end' ? SEEN.clientEnd : 0);
}
