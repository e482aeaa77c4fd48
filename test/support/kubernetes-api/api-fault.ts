import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import type { ApiRequest } from './api-request.ts';

/** What the stand-in does to a request instead of answering it. */
export type ApiFault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** A proxy's page in place of JSON. */
  | { readonly kind: 'garbage' }
  /** JSON that is not what was asked for. */
  | { readonly kind: 'empty_object' }
  /** Half of the body, then the connection breaks. */
  | { readonly kind: 'cut' }
  /** The connection breaks before an answer. */
  | { readonly kind: 'reset' }
  /** No answer, ever. */
  | { readonly kind: 'hang' }
  /** The body comes in pieces, one each `everyMs`. */
  | { readonly kind: 'slow'; readonly everyMs: number };

/** What the stand-in does to watches that are open. */
export type WatchBreak =
  /** The server ends it in good order. */
  | 'close'
  /** In good order, in the middle of an event. */
  | 'half_event'
  | 'reset'
  /** Nothing more is sent on it, and it stays open: a server that is gone without a word. */
  | 'silence'
  /** A line that is no event. */
  | 'garbage'
  /** ERROR events. */
  | 'error_410'
  | 'error_500';

/** Which requests a fault is for; all where a field is absent. */
export interface FaultScope {
  readonly verb?: ApiRequest['verb'];
  readonly kind?: KubernetesKind;
  /** Pages after the first only. */
  readonly isContinued?: boolean;
}

export function isInScope({ verb, kind, isContinued }: FaultScope, request: ApiRequest): boolean {
  if (verb !== undefined && verb !== request.verb) return false;
  if (kind !== undefined && kind !== request.kind) return false;
  return isContinued === undefined || isContinued === request.query.has('continue');
}
