import type { Connection } from '../model/connection.ts';

/**
 * Packets of a failed attempt: as the perspective tells them whose verdict stands, else as evidence does, which saw the
 * same packets.
 */
export function toDropPackets({
  perspectives,
  record,
  serverRecord,
  verdict,
  evidence,
}: Connection): number | undefined {
  // Evidence of a connection that got through after all.
  if (perspectives === 'none' && verdict === 'forwarded') return undefined;
  const judged = record.verdict === verdict ? record : (serverRecord ?? record);
  if (judged.dropPackets !== undefined || evidence.length === 0) return judged.dropPackets;
  if (verdict !== 'dropped' && verdict !== 'rejected') return undefined;
  let most = 0;
  for (const { packets } of evidence) most = Math.max(most, packets);
  return most;
}
