import { FailedConnections } from '../lib/failed-connections.ts';
import type { ConnectionSink } from '../model/connection-output.ts';
import type { Connection } from '../model/connection.ts';
import type { MapCounters } from '../model/map-counters.ts';
import type { MapQuery, MapSnapshot } from '../model/map-snapshot.ts';
import { addConnection } from './edge-cells.ts';
import { EdgeTable } from './edge-table.ts';
import type { Edge } from './edge.ts';
import { MapWindow } from './map-window.ts';
import { PartyTable } from './party-table.ts';
import type { Party } from './party.ts';
import { takeSnapshot } from './take-snapshot.ts';

export interface FlowMapOptions {
  /** How far the map looks back, default 5 min. */
  readonly windowMs?: number;
  /** The observers' report interval, default 10 s: the grain of the window. */
  readonly intervalMs?: number;
  /** Pods and addresses told apart, and workloads as many, default 5,000. */
  readonly partyLimit?: number;
  /** Pairs of them told apart, and pairs of workloads as many, default 5,000. */
  readonly edgeLimit?: number;
  /** Milliseconds since the Unix epoch; a replay gives the time of its packets. */
  readonly nowMs?: () => number;
}

/** Failing connections remembered so that each counts once. */
const FAILED_CONNECTION_LIMIT = 16_384;

/**
 * Who talks to whom: a graph of pods over a sliding window, from which that of workloads is summed when asked for.
 * Its size is bounded, whatever comes; what finds no room counts for its workload or for `other`, so that sums are
 * right at both levels.
 */
export class FlowMap implements ConnectionSink {
  readonly #parties: PartyTable;
  readonly #edges: EdgeTable;
  readonly #window: MapWindow;
  readonly #failed = new FailedConnections(FAILED_CONNECTION_LIMIT);
  readonly #nowMs: () => number;
  #overflowConnections = 0;
  #lateConnections = 0;

  constructor({
    windowMs = 300_000,
    intervalMs = 10_000,
    partyLimit = 5_000,
    edgeLimit = 5_000,
    nowMs = () => Date.now(),
  }: FlowMapOptions = {}) {
    this.#parties = new PartyTable(partyLimit);
    this.#edges = new EdgeTable(edgeLimit, this.#parties.other);
    this.#window = new MapWindow(windowMs, intervalMs, this.#edges.capacity);
    this.#nowMs = nowMs;
  }

  accept(batch: readonly Connection[]): void {
    this.#moveTo(this.#nowMs());
    for (const connection of batch) this.#add(connection);
  }

  /** The graph as it is now, as plain objects. */
  snapshot(query: MapQuery): MapSnapshot {
    const nowMs = this.#nowMs();
    this.#moveTo(nowMs);
    return takeSnapshot(this.#edges, this.#window, query, nowMs);
  }

  counters(): MapCounters {
    return {
      parties: this.#parties.size,
      edges: this.#edges.size,
      overflowConnections: this.#overflowConnections,
      lateConnections: this.#lateConnections,
    };
  }

  #moveTo(nowMs: number): void {
    if (!this.#window.moveTo(nowMs)) return;
    this.#edges.expire(this.#window.oldest, this.#window.newest);
    this.#parties.expire();
  }

  #add(connection: Connection): void {
    const sums = this.#window.resolve(connection.intervalStartMs);
    if (sums === undefined) {
      this.#lateConnections++;
      return;
    }
    const edge = this.#resolveEdge(connection);
    edge.note(connection, sums.interval);
    const base = sums.resolve(edge.index);
    addConnection(sums.cells, base, connection);
    if (this.#failed.isNew(connection)) sums.countFailure(edge.index, connection.dropReason ?? 'unknown');
  }

  #resolveEdge({ source, destination, record }: Connection): Edge {
    const client = this.#parties.resolve(source);
    const server = this.#parties.resolve(destination);
    const edge = this.#edges.resolve(client, server, record.protocolNumber);
    if (!isItself(edge.source) || !isItself(edge.destination)) this.#overflowConnections++;
    return edge;
  }
}

/** Whether it stands for one end only, as a Service does at both levels. */
function isItself(party: Party): boolean {
  return party.group !== party || party.kind === 'service';
}
