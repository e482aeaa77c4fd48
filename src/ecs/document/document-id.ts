/** Characters of a Community ID that make the hash part of a document's id: 132 of its 160 bits. */
const HASH_START = 2;
const HASH_END = 24;

/** In place of what no Community ID has: an observer that is not podflow's may call anything one. */
const FOREIGN = '.';
/** What each ASCII character becomes: letters and digits stay (empty), the two others of base64 become URL-safe. */
const REPLACEMENTS: readonly string[] = Array.from({ length: 128 }, (_, code) =>
  toReplacement(String.fromCharCode(code)),
);

/** The last interval's suffix: connections come interval by interval. */
let lastIntervalMs = Number.NaN;
let lastSuffix = '';

/**
 * `_id` of the document of one connection in one interval: 22 characters of the Community ID that both perspectives
 * share, URL-safe (RFC 4648 §5), `-`, and the interval's start in seconds, base 36. Whoever tells of the same connection
 * and interval arrives at the same id, so that Elasticsearch stores it once. Whatever it is made of, it has only
 * letters, digits, `-`, `_` and `.`, and may stand in JSON as it is.
 *
 * A further part of the same interval has its number behind that, base 36.
 *
 * @param joinId Community ID v1 (`1:` and 28 base64 characters)
 * @param intervalStartMs milliseconds since the Unix epoch
 */
export function toDocumentId(joinId: string, intervalStartMs: number, part: number): string {
  if (intervalStartMs !== lastIntervalMs) {
    lastIntervalMs = intervalStartMs;
    lastSuffix = `-${Math.floor(intervalStartMs / 1000).toString(36)}`;
  }
  const id = toUrlSafe(joinId) + lastSuffix;
  return part === 0 ? id : `${id}-${part.toString(36)}`;
}

/** Every second hash has a character to replace, so there is no search first. */
function toUrlSafe(joinId: string): string {
  const end = Math.min(HASH_END, joinId.length);
  let hash = '';
  let from = HASH_START;
  for (let i = HASH_START; i < end; i++) {
    const replacement = REPLACEMENTS[joinId.charCodeAt(i)] ?? FOREIGN;
    if (replacement === '') continue;
    hash += joinId.slice(from, i) + replacement;
    from = i + 1;
  }
  return hash + joinId.slice(from, end);
}

function toReplacement(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return '';
  if (character === '+') return '-';
  return character === '/' ? '_' : FOREIGN;
}
