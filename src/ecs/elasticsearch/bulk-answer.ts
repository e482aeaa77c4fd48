const MOST_REASON_CHARS = 300;

/** What the server says of one document of a bulk request (`filter_path` leaves only this). */
export interface BulkItem {
  readonly status: number;
  readonly failure_store?: 'used' | 'failed' | 'not_enabled';
  readonly error?: { readonly type: string; readonly reason?: string };
}

/** What became of one bulk request. */
export type BulkAnswer =
  /** One item for each document, in their order. */
  | { readonly kind: 'answered'; readonly items: readonly BulkItem[]; readonly byteCount: number }
  /** 413: more bytes than the server, or something before it, takes at once. */
  | { readonly kind: 'too_large' }
  /** 400: something in the request, not known in which document. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** 429: the server has too much to do. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number | undefined; readonly reason: string }
  /** 5xx, or no answer. */
  | {
      readonly kind: 'away';
      readonly retryAfterMs: number | undefined;
      readonly reason: string;
      /** Whether documents may have been stored all the same. */
      readonly mayBeStored: boolean;
    }
  /** Credentials, rights, address or version are not what the server takes: somebody must see to it. */
  | {
      readonly kind: 'denied';
      readonly reason: string;
      /** Whether the credentials are others now than those of the request. */
      readonly isRenewed: boolean;
    };

/** What follows from an item for its document. */
export type DocumentFate =
  | 'created'
  | 'duplicate'
  /** Stored, but only in the failure store: no dashboard shows it. */
  | 'failure_store'
  /** Never to be stored. */
  | 'rejected'
  /** Not now. */
  | 'again'
  /** Not before somebody sees to rights or templates; the document is well. */
  | 'denied';

/** Reads an item. Sources: bulk API reference, and its answers as seen from 9.5. */
export function toDocumentFate({ status, error, failure_store: failureStore }: BulkItem): DocumentFate {
  if (status >= 200 && status <= 299) return failureStore === 'used' ? 'failure_store' : 'created';
  if (status === 409 && error?.type === 'version_conflict_engine_exception') return 'duplicate';
  if (status === 429 || status >= 500) return 'again';
  // 404: there is no data stream and no template that would make one. 403: no right, or writes are blocked.
  return status === 401 || status === 403 || status === 404 ? 'denied' : 'rejected';
}

/** The field that the server names in an item's error, undefined where it names none. */
export function toRejectedField(reason: string | undefined): string | undefined {
  return /field \[([^\]]+)\]/.exec(reason ?? '')?.[1];
}

/** What is logged of an item that was not taken. */
export function toItemReason({ status, error }: BulkItem): string {
  return `${status} ${error?.type ?? ''}: ${error?.reason ?? ''}`.slice(0, MOST_REASON_CHARS);
}
