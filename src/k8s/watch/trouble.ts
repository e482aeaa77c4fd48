/** Why a request, or the watch that it opened, came to nothing. */
export type Trouble =
  /** The process is about to end. */
  | { readonly kind: 'stopped' }
  /** Token, certificate or plugin cannot be had now. */
  | { readonly kind: 'no_credentials'; readonly reason: string }
  /** No answer: network, TLS, time. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** An answer that began and broke off. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'unauthorized'; readonly reason: string }
  /** Not permitted (403), or no such resource (404, 405). */
  | { readonly kind: 'denied'; readonly status: number; readonly reason: string }
  /** The server asks to come back later. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number; readonly reason: string }
  /** What the request goes on from is no longer known (or not yet: a server restored from a backup). */
  | { readonly kind: 'expired'; readonly reason: string }
  | { readonly kind: 'garbled'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** What of an API server's `Status` object (meta/v1) is looked at. */
export interface ApiStatus {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown }[] | null } | null;
}

/** The longest wait that a server may ask for. */
const LONGEST_RETRY_AFTER_S = 300;
const LONGEST_REASON = 300;

/**
 * Judges an HTTP status, or the code of a watch's ERROR event, as client-go's Reflector does.
 *
 * @param retryAfter the header as it came; the API server tells whole seconds
 */
export function toTrouble(code: number, status: ApiStatus, retryAfter: string | undefined): Trouble {
  const reason = toReason(code, status);
  const isTooLarge = status.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') === true;
  // 400 and 422: the resource version or the continue token is none that this server gave.
  if (code === 410 || code === 400 || code === 422 || isTooLarge) return { kind: 'expired', reason };
  if (code === 401) return { kind: 'unauthorized', reason };
  if (code === 403 || code === 404 || code === 405) return { kind: 'denied', status: code, reason };
  const retryAfterS = parseSeconds(retryAfter) ?? (code === 429 ? 1 : undefined);
  if (retryAfterS === undefined) return { kind: 'failed', reason };
  return { kind: 'busy', retryAfterMs: Math.min(retryAfterS, LONGEST_RETRY_AFTER_S) * 1000, reason };
}

function toReason(code: number, { message, reason }: ApiStatus): string {
  const texts = [message, reason].filter((text) => typeof text === 'string' && text !== '');
  return `${code}${texts.length === 0 ? '' : `: ${String(texts[0])}`}`.slice(0, LONGEST_REASON);
}

function parseSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
