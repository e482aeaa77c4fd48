/**
 * Parses a `Retry-After` header (RFC 9110 §10.2.3: seconds or an HTTP date) to milliseconds from `nowMs`; a date in the
 * past is 0. Undefined when there is none or it is neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const dateMs = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** An HTTP date begins with the name of a day; `Date.parse` alone takes far more than dates. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;
