import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection } from '../../model/connection.ts';

/**
 * Where the two perspectives of a connection may come to different replicas, and nothing tells which of them counted
 * first, both must follow one rule: a server's perspective alone counts only if its client is no pod, since a pod's own
 * observer tells of it elsewhere; and so does evidence alone. Traffic of clients that are pods without an observer is
 * then not counted.
 */
export function withoutUnroutedServers(sink: ConnectionSink): ConnectionSink {
  return { accept: (batch) => sink.accept(batch.filter(isCounted)) };
}

function isCounted({ perspectives, source }: Connection): boolean {
  return perspectives === 'both' || perspectives === 'client' || source.kind !== 'pod';
}
