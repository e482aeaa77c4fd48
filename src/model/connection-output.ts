import type { Connection } from './connection.ts';
import type { Deadline } from './stage.ts';

/** What became of a batch of connections. */
export type DeliveryOutcome =
  | {
      /** Each is stored for good, or given up and counted with its reason. */
      readonly kind: 'taken';
      /**
       * Positions in the batch of those that were there already (told by another replica, or sent again). What the output
       * stored itself of a batch that it then answered `later` is not among them: nobody was told of that.
       */
      readonly alreadyStored: ReadonlySet<number> | undefined;
    }
  | {
      /** Not now: the batch comes again as a whole, and meets its own ids. */
      readonly kind: 'later';
      readonly status: 429 | 503;
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    };

/**
 * An output that must have connections before their records are acknowledged. `deliver` reads the batch before it
 * returns its promise's first turn (connections are reused), resolves when the outcome is known, never rejects, and
 * retries by itself what may pass soon. After `stop` everything is answered `later`.
 */
export interface ConnectionOutput {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  deliver(batch: readonly Connection[]): Promise<DeliveryOutcome>;
  stop(deadline: Deadline): Promise<void>;
}

/** What takes connections that are acknowledged, after all outputs: counters, the live view. Never throws or waits. */
export interface ConnectionSink {
  accept(batch: readonly Connection[]): void;
}
