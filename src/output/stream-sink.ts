import type { Writable } from 'node:stream';
import type { TextSink } from './text-sink.ts';

/** Writes to a stream that others own, and leaves it open. A stream that failed once is given up (EPIPE). */
export class StreamSink implements TextSink {
  readonly target: string;
  readonly #stream: Writable;

  constructor(stream: Writable, target = 'stdout') {
    this.#stream = stream;
    this.target = target;
  }

  get isUsable(): boolean {
    return this.#stream.writable;
  }

  open(): Promise<void> {
    // Each write tells its own outcome; without a listener the stream's event would end the process.
    this.#stream.on('error', ignore);
    return Promise.resolve();
  }

  write(bytes: Uint8Array): Promise<Error | undefined> {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#stream.write(bytes, (error) => resolve(error ?? undefined));
    return promise;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function ignore(): void {
  return undefined;
}
