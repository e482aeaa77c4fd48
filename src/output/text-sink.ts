/** Where output goes: a file, or a stream such as stdout. */
export interface TextSink {
  /** How the log names it. */
  readonly target: string;
  /** False once nothing can ever be written again. */
  readonly isUsable: boolean;
  /** @throws PodflowError OUTPUT_FILE_UNWRITABLE */
  open(): Promise<void>;
  /** Resolves when all is written, or to the error by which it was not; never rejects. One call at a time. */
  write(bytes: Uint8Array): Promise<Error | undefined>;
  close(): Promise<void>;
}
