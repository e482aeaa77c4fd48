import type { Amount, StageAccount } from '../../src/model/stage.ts';

/** The right side of a stage's loss identity: what became of the records that it received. */
export function toAccountedFor({ forwarded, held, dropped }: StageAccount): Amount {
  const parts = [forwarded, held, ...dropped.values()];
  return {
    records: parts.reduce((sum, { records }) => sum + records, 0),
    frames: parts.reduce((sum, { frames }) => sum + frames, 0),
  };
}

/** Dropped records by reason, as a plain object. */
export function toDroppedRecords({ dropped }: StageAccount): Record<string, number> {
  return Object.fromEntries(Array.from(dropped, ([reason, { records }]) => [reason, records]));
}
