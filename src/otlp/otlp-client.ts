/** What became of one request. */
export type SendOutcome =
  | {
      readonly kind: 'sent';
      /** Records that the receiver refused although it took the request (`partial_success`). */
      readonly rejectedRecords: number;
      /** What the receiver said about it, or a warning; empty when it said nothing. */
      readonly message: string;
      /** False when the answer's body was no OTLP response: what it would have said is not known. */
      readonly readable: boolean;
      /** Bytes of the request's body as it went over the wire. */
      readonly byteCount: number;
    }
  | {
      readonly kind: 'retry';
      /** Undefined when there was no answer. */
      readonly status: number | undefined;
      /** What the receiver asked to wait, undefined when it named no time. */
      readonly retryAfterMs: number | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'rejected'; readonly status: number | undefined; readonly message: string };

/** Sends one batch and tells what became of it. Never rejects. */
export interface OtlpClient<Payload> {
  send(payload: Payload): Promise<SendOutcome>;
  /** Ends running requests at once; later ones are not made. */
  shutdown(): void;
}
