import { toDropPackets } from '../../lib/drop-packets.ts';
import type { Connection } from '../../model/connection.ts';
import { FLOW_SYMPTOMS } from '../../model/flow-symptom.ts';
import { addTraffic } from '../add-traffic.ts';
import { findBucket } from '../find-bucket.ts';
import { CELL } from '../pair-cells.ts';
import { BOUNDS_SECONDS, HISTOGRAM_SUM, WORKLOAD_CELL } from './connection-cells.ts';

/**
 * Adds what is counted of every pair.
 * @param reasonCell the cell of its drop reason, where the connection failed and has not been counted as such
 */
export function countConnection(
  cells: Float64Array,
  base: number,
  connection: Connection,
  reasonCell: number | undefined,
): void {
  const { record } = connection;
  addTraffic(cells, base, record, false);
  cells[base + CELL.connections]! += connection.flowsBegun;
  const dropPackets = toDropPackets(connection);
  if (dropPackets !== undefined) cells[base + CELL.droppedPackets]! += dropPackets;
  if (reasonCell !== undefined) cells[base + reasonCell]! += 1;
}

/**
 * Adds what is told of pairs of workloads only: what went wrong, loss on the way, and times as the client's observer
 * measured them.
 */
export function countQuality(cells: Float64Array, base: number, connection: Connection): void {
  const { record, serverRecord, lostPackets, reverseLostPackets } = connection;
  const symptoms = record.symptoms | (serverRecord?.symptoms ?? 0);
  if (symptoms !== 0) countSymptoms(cells, base + WORKLOAD_CELL.symptoms, symptoms);
  if (lostPackets !== undefined || reverseLostPackets !== undefined) {
    cells[base + WORKLOAD_CELL.compared]! += 1;
    addLost(cells, base + WORKLOAD_CELL.transmitLost, base + WORKLOAD_CELL.transmitLostSum, lostPackets);
    addLost(cells, base + WORKLOAD_CELL.receiveLost, base + WORKLOAD_CELL.receiveLostSum, reverseLostPackets);
  }
  // Before the server these times hold no network: they would spoil the quantiles.
  if (connection.perspectives === 'server') return;
  if (record.rttNs !== undefined) observe(cells, base + WORKLOAD_CELL.rtt, record.rttNs / 1e9);
  if (record.handshakeNs !== undefined) observe(cells, base + WORKLOAD_CELL.handshake, record.handshakeNs / 1e9);
}

function countSymptoms(cells: Float64Array, first: number, bits: number): void {
  for (let position = 0; position < FLOW_SYMPTOMS.length; position++) {
    if ((bits & (1 << position)) !== 0) cells[first + position]! += 1;
  }
}

/** A counter must not fall, so it follows the sum upwards only. */
function addLost(cells: Float64Array, counter: number, sum: number, packets = 0): void {
  const lost = (cells[sum] ?? 0) + packets;
  cells[sum] = lost;
  if (lost > (cells[counter] ?? 0)) cells[counter] = lost;
}

function observe(cells: Float64Array, histogram: number, seconds: number): void {
  cells[histogram + findBucket(BOUNDS_SECONDS, seconds)]! += 1;
  cells[histogram + HISTOGRAM_SUM]! += seconds;
}
