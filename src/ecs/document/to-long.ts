/** The greatest double that is an int64: sums may pass it, and Elasticsearch refuses a `long` that does. */
const MOST = 2 ** 63 - 1024;

/** A count or a difference of counts as a number that stands in JSON with all its digits and fits a `long`. */
export function toLong(value: number): number {
  if (value > MOST) return MOST;
  return value < -MOST ? -MOST : value;
}
