const ALMOST_ALL = 99.9999;

/**
 * Share of the frames that an observer told of, in percent. 100 stands for equality only: a frame too few or too many
 * is an error alike, and neither is rounded away.
 */
export function toAccountedPercent(toldFrames: number, countedFrames: number): number {
  if (toldFrames === countedFrames) return 100;
  const share = 100 - (Math.abs(toldFrames - countedFrames) / countedFrames) * 100;
  return Math.min(share, ALMOST_ALL);
}
