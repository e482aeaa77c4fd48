export const OBSERVER_NAMES = ['none', 'ebpf', 'cap', 'softflowd'] as const;
export type ObserverName = (typeof OBSERVER_NAMES)[number];

/** What an observer says it saw. */
export interface ObserverAccount {
  /** Frames of which it gives any account. */
  readonly frames: number;
  /** Those it attributes to a flow. */
  readonly attributedFrames: number;
  readonly records: number;
  /** Those of which it says itself that it missed them. */
  readonly missedFrames?: number;
}

/** A running observer of the network's observed interface. */
export interface Observer {
  /** Its processes; what they and their children need is its cost. */
  readonly pids: readonly number[];
  /** Where its reports follow the wall clock: the time between two. */
  readonly intervalMs: number | undefined;
  /** Resolves when all that was seen up to now has been reported. */
  drain(): Promise<void>;
  /** Its account so far, where it tells one while it runs. */
  account?(): Promise<ObserverAccount>;
  /** Reads its account and stops it. */
  finish(): Promise<ObserverAccount>;
  /** Ends it at once, when a run has failed. Safe after `finish`. */
  kill(): void;
}
