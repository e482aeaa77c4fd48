/** What became of a request whose records were handed on, and so what its sender is told. */
export type RelayAnswer =
  | {
      readonly kind: 'taken';
      /** Records that were refused all the same (`partial_success`); the sender must not send them again. */
      readonly rejectedRecords: number;
      /** Why, or a warning; empty when there is nothing to say. */
      readonly message: string;
    }
  | {
      /** Not now: the sender keeps the records and sends them again. 429 says that it is the one who sends too much. */
      readonly kind: 'later';
      readonly status: 429 | 503;
      /** When, where that is known. */
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    }
  | {
      /** Never: the sender drops the records. 400 where they are to blame, 500 where they are not. */
      readonly kind: 'refused';
      readonly status: 400 | 500;
      readonly message: string;
    };
