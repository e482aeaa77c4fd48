/** What a request's sender is told: taken, or to send everything again. */
export type JoinAnswer =
  | { readonly kind: 'taken'; readonly rejectedRecords: 0; readonly message: '' }
  | {
      readonly kind: 'later';
      readonly status: 429 | 503;
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    };

export type Postponement = Extract<JoinAnswer, { kind: 'later' }>;

export const TAKEN: JoinAnswer = { kind: 'taken', rejectedRecords: 0, message: '' };

/**
 * Counts how many records of a request are still under way. It is answered when none is: until then its records are in
 * use. One that failed makes the whole request come again; those that were stored all the same then meet their own ids.
 */
export class RequestTicket {
  readonly answer: Promise<JoinAnswer>;
  readonly #resolve: (answer: JoinAnswer) => void;
  #postponement: Postponement | undefined;
  /** The request itself holds one until all of its records were looked at. */
  #open = 1;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<JoinAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
  }

  /** One more record is under way. */
  hold(): void {
    this.#open++;
  }

  /** One is done with; `postponement` when it has to come again. */
  settle(postponement?: Postponement): void {
    this.#postponement ??= postponement;
    if (--this.#open === 0) this.#resolve(this.#postponement ?? TAKEN);
  }
}
