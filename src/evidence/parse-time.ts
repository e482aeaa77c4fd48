/** RFC 3339, or with the zone as zap writes it (`+0000`). */
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
/** In 2096: an OTLP time is an int64. */
const LATEST_NS = 4e18;
/** A number below it is of seconds, milliseconds, microseconds; above them all it is of nanoseconds. */
const LIMITS = [
  [1e11, 1e9],
  [1e14, 1e6],
  [1e17, 1e3],
  [LATEST_NS, 1],
] as const;

/**
 * Nanoseconds since the Unix epoch, to the microsecond, of a time as logs write it: a date with its zone, or a number, whose size tells its
 * unit (right from 1973 on for milliseconds and finer).
 * @returns undefined for anything else
 */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'string')
    return DATE.test(value) ? toBounded(Date.parse(value) * 1e6) : parseTime(parseDecimal(value));
  if (typeof value !== 'number' || !(value > 0)) return undefined;
  const unit = LIMITS.find(([limit]) => value < limit)?.[1];
  return unit === undefined ? undefined : toBounded(Math.round((value * unit) / 1e3) * 1e3);
}

function parseDecimal(text: string): number | undefined {
  return /^\d{1,19}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

function toBounded(ns: number): number | undefined {
  return ns >= 0 && ns < LATEST_NS ? ns : undefined;
}
