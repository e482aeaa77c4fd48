import type { ObserverAccount } from './observer.ts';

/** Adds up lines of `nfdump -N -o 'fmt:%pkt %byt'`: a record each, with its frames first. */
export function parseNfdump(text: string): ObserverAccount {
  const counts = [...text.matchAll(/^\s*(\d+)\s+\d+\s*$/gm)].map(([, frames]) => Number(frames));
  const frames = counts.reduce((sum, count) => sum + count, 0);
  return { frames, attributedFrames: frames, records: counts.length };
}
