import { resolveBackoffMs, type BackoffPolicy } from '../../lib/backoff.ts';

/**
 * Whether the server is there. While it is away one request at a time tries, after waits that grow: a server that comes
 * back meets one request, not all that waited.
 */
export class ServerState {
  readonly #policy: BackoffPolicy;
  readonly #nowMs: () => number;
  #failures = 0;
  #nextMs = 0;
  #isTrying = false;

  constructor(policy: BackoffPolicy, nowMs: () => number = () => performance.now()) {
    this.#policy = policy;
    this.#nowMs = nowMs;
  }

  get isAway(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next request may try; 0 when one may now. */
  get waitMs(): number {
    return this.isAway ? Math.max(0, this.#nextMs - this.#nowMs()) : 0;
  }

  /** Whether a request would be let through now. */
  get admits(): boolean {
    return !this.isAway || (!this.#isTrying && this.waitMs === 0);
  }

  /** Lets a request through, which must end with `answered` or `failed`; false while the server is away and tried. */
  enter(): boolean {
    if (!this.admits) return false;
    this.#isTrying = this.isAway;
    return true;
  }

  answered(): void {
    this.#failures = 0;
    this.#isTrying = false;
  }

  failed(retryAfterMs: number | undefined): void {
    // Requests that went out side by side and fail together are one failure.
    if (this.isAway && !this.#isTrying) return;
    this.#failures++;
    this.#isTrying = false;
    this.#nextMs = this.#nowMs() + resolveBackoffMs(this.#policy, this.#failures, retryAfterMs, Math.random());
  }
}
