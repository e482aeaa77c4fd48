/** Position of the histogram bucket that a value falls into: the first bound that is not below it, else beyond the last. */
export function findBucket(bounds: readonly number[], value: number): number {
  let bound = 0;
  while (bound < bounds.length && value > (bounds[bound] ?? 0)) bound++;
  return bound;
}
