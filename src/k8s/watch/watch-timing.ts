/** Times of following the API server, all in milliseconds. */
export interface WatchTiming {
  /** The first wait after a failure is this to twice this; it doubles with each further one. */
  readonly backoffBaseMs: number;
  /** The longest wait that the server did not ask for. */
  readonly backoffMostMs: number;
  /** Lists that follow one another within this time count as failures in a row: a list is dear. */
  readonly relistCalmMs: number;
  /** A kind that is not permitted is asked for ever more seldom, at last after half of this to this. */
  readonly deniedMostMs: number;
  /** How long the head of an answer may take. */
  readonly answerMs: number;
  /**
   * The longest silence of an open connection. An API server tells a bookmark about once a minute; where it does not
   * (older ones, of kinds that nothing happens to), the watch is opened anew where it was, which costs next to nothing.
   */
  readonly idleMs: number;
  /** A watch ends by itself after this to twice this, so that watches spread over the API servers. */
  readonly watchMs: number;
  /** How long the kinds that podflow can do without may keep it from being ready. */
  readonly optionalGraceMs: number;
}

/** As client-go's Reflector has them, where it has them. */
export const DEFAULT_WATCH_TIMING: WatchTiming = {
  backoffBaseMs: 800,
  backoffMostMs: 30_000,
  relistCalmMs: 120_000,
  deniedMostMs: 120_000,
  answerMs: 30_000,
  idleMs: 90_000,
  watchMs: 300_000,
  optionalGraceMs: 30_000,
};
