import type { DropPlace } from '../model/connection.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { SYMPTOM_BIT } from '../model/flow-symptom.ts';
import type { OpenConnection } from './open-connection.ts';

/** Whether a moment lies in an interval by every node's clock; see `ObserverWatch`. */
export type IsWithin = (intervalStartMs: number, timeNs: number) => boolean;

/** What packets say when they say no more than that no answer came: whoever dropped them knows better. */
const UNANSWERED_REASONS: ReadonlySet<DropReason | undefined> = new Set([
  'syn_unanswered',
  'dns_unanswered',
  'lost_in_transit',
  undefined,
]);

/**
 * Says what became of a connection, why and where, from its perspectives and its evidence:
 *
 * - The client knows best what became of its attempt; where it cannot tell, the server's word counts.
 * - What got answers stays `forwarded`, whatever evidence says of single packets, and an answer by RST or ICMP stays what
 *   it is. What stayed unanswered was dropped for the reason that evidence gives.
 * - UDP without an answer, of which nobody says that it was dropped: `forwarded` where the server's observer saw it, since
 *   much of UDP awaits no answer; `lost_in_transit` where that one looked and saw nothing, or where it saw an answer that
 *   the client's did not.
 *
 * Where it was lost is said of what failed only; see `findPlace`.
 */
export function settleOutcome(connection: OpenConnection, isWithin: IsWithin): void {
  const { record, serverSide, evidence } = connection;
  const judged = record.verdict === 'unknown' && serverSide !== undefined ? serverSide : record;
  connection.verdict = judged.verdict;
  connection.dropReason = judged.dropReason;
  connection.dropPlace = undefined;
  if (connection.isEvidenceAlone) return settleAlone(connection);
  if (record.verdict === 'forwarded') return;
  const place = findPlace(connection, isWithin);
  if (isOpen(connection) && evidence.length > 0) drop(connection, evidence[0]!.reason);
  else if (isUnanswered(record)) settleUnanswered(connection, place);
  if (connection.verdict === 'dropped' || connection.verdict === 'rejected') connection.dropPlace = place;
}

/** It says of its packets that they were dropped; what went out before may have said that the connection got through. */
function settleAlone(connection: OpenConnection): void {
  if (!connection.wasForwarded) return drop(connection, connection.evidence[0]!.reason);
  connection.verdict = 'forwarded';
  connection.dropReason = undefined;
}

function isOpen({ verdict, dropReason }: OpenConnection): boolean {
  return verdict === 'unknown' || (verdict === 'dropped' && UNANSWERED_REASONS.has(dropReason));
}

function isUnanswered({ verdict, symptoms }: FlowRecord): boolean {
  return verdict === 'unknown' && (symptoms & SYMPTOM_BIT.unanswered) !== 0;
}

function settleUnanswered(connection: OpenConnection, place: DropPlace | undefined): void {
  if (place === 'to_server' || place === 'to_client') drop(connection, 'lost_in_transit');
  else if (connection.serverSide !== undefined && connection.verdict === 'unknown') connection.verdict = 'forwarded';
}

function drop(connection: OpenConnection, reason: DropReason): void {
  connection.verdict = 'dropped';
  connection.dropReason = reason;
}

/**
 * Where packets were lost, undefined where that is not certain: the client's observer saw what the server's, which looks,
 * did not (`ObserverWatch`); the server's saw it, and no answer; or it saw an answer early enough in the interval that the
 * client's would have seen it in the same one.
 */
function findPlace(
  { intervalStartMs, clientSide, serverSide, isServerSilent }: OpenConnection,
  isWithin: IsWithin,
): DropPlace | undefined {
  if (serverSide === undefined) return isServerSilent ? 'to_server' : undefined;
  if (serverSide.reversePackets === 0) return serverSide.packets > 0 ? 'at_server' : undefined;
  if (clientSide === undefined || clientSide.packets === 0 || clientSide.reversePackets > 0) return undefined;
  return isWithin(intervalStartMs, serverSide.endNs) ? 'to_client' : undefined;
}
