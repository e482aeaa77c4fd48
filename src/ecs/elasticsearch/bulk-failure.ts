import { errors } from '@elastic/elasticsearch';
import { parseRetryAfter } from '../../lib/retry-after.ts';
import type { BulkAnswer } from './bulk-answer.ts';

const MOST_REASON_CHARS = 300;
/** Of errors before anything was sent. */
const UNSENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connect Timeout/;
/** Of a certificate that is not trusted, or of a server that speaks no TLS. */
const UNTRUSTED = /certificate|self.signed|wrong version number|packet length too long/i;

/** Of a 400 that is about how podflow asks: a server of another version. */
const NOT_IN_BODY = /media_type_header_exception|unrecognized parameter/;

/** Reads the exception by which the client tells that a request was not taken. */
export function toBulkFailure(error: unknown): BulkAnswer {
  if (error instanceof errors.ResponseError) return toRefusal(error);
  const reason = toReason(error);
  const isProduct = error instanceof errors.ProductNotSupportedError;
  if (isProduct || error instanceof errors.ConfigurationError || UNTRUSTED.test(reason))
    return { kind: 'denied', reason, isRenewed: false };
  return { kind: 'away', retryAfterMs: undefined, reason, mayBeStored: !UNSENT.test(reason) };
}

function toRefusal(error: errors.ResponseError): BulkAnswer {
  const status = error.statusCode ?? 0;
  const reason = `HTTP ${status}: ${toServerReason(error.body)}`.slice(0, MOST_REASON_CHARS);
  const header = error.headers?.['retry-after'];
  const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, Date.now());
  if (status === 413) return { kind: 'too_large' };
  if (status === 429) return { kind: 'busy', retryAfterMs, reason };
  // 503 says that nothing was begun: no master, or no server behind a proxy.
  if (status >= 500) return { kind: 'away', retryAfterMs, reason, mayBeStored: status !== 503 };
  const isInBody = status === 400 && !NOT_IN_BODY.test(reason);
  return isInBody ? { kind: 'refused', reason } : { kind: 'denied', reason, isRenewed: false };
}

/** What the server says of its refusal: JSON of Elasticsearch, or whatever a proxy sends. */
function toServerReason(body: unknown): string {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown };
  if (typeof error !== 'object' || error === null) return typeof body === 'string' ? toLine(body) : '';
  const { type, reason } = error as { type?: unknown; reason?: unknown };
  return toLine(`${String(type)}: ${String(reason)}`);
}

function toReason(error: unknown): string {
  return toLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function toLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, MOST_REASON_CHARS);
}
