import type { Connection } from './connection.ts';

/** The word of who dropped it: that of the evidence for the connection's reason, else the first that is told. */
export function toDropDetail({ dropReason, evidence }: Connection): string | undefined {
  if (evidence.length === 0) return undefined;
  const told = evidence.filter(({ detail }) => detail !== undefined);
  return (told.find(({ reason }) => reason === dropReason) ?? told[0])?.detail;
}
