import { StageCounters } from '../lib/stage-counters.ts';
import type { ConnectionOutput, DeliveryOutcome } from '../model/connection-output.ts';
import type { Connection } from '../model/connection.ts';
import type { Log } from '../model/log.ts';
import type { StageAccount } from '../model/stage.ts';
import type { RecordFormat } from './record-format.ts';
import type { TextSink } from './text-sink.ts';

export interface ConnectionWriterOptions {
  readonly format: RecordFormat<Connection>;
  readonly framesOf: (connection: Connection) => number;
  readonly sink: TextSink;
  readonly log: Log;
}

const TAKEN: DeliveryOutcome = { kind: 'taken', alreadyStored: undefined };

/**
 * Writes connections as text and confirms them when they are written: where a source can wait, nothing is lost to a
 * slow reader. What cannot be written is given up and counted.
 */
export class ConnectionWriter implements ConnectionOutput {
  readonly name = 'documents';
  readonly #options: ConnectionWriterOptions;
  readonly #account = new StageCounters();
  #written: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(options: ConnectionWriterOptions) {
    this.#options = options;
  }

  /** @throws PodflowError OUTPUT_FILE_UNWRITABLE */
  start(): Promise<void> {
    return this.#options.sink.open();
  }

  async deliver(batch: readonly Connection[]): Promise<DeliveryOutcome> {
    const { format, framesOf } = this.#options;
    const frames = batch.reduce((sum, connection) => sum + framesOf(connection), 0);
    const bytes = Buffer.from(format.encode(batch));
    this.#account.receive(batch.length, frames);
    // A sink takes one call at a time.
    this.#written = this.#written.then(() => this.#write(bytes, batch.length, frames));
    await this.#written;
    return TAKEN;
  }

  stop(): Promise<void> {
    return this.#options.sink.close();
  }

  account(): StageAccount {
    return this.#account;
  }

  async #write(bytes: Buffer, connections: number, frames: number): Promise<void> {
    const { sink, log } = this.#options;
    const error = await sink.write(bytes);
    if (error === undefined) return this.#account.forward(connections, frames);
    this.#account.drop('write_failed', connections, frames);
    if (!this.#isFailing) log.error({ err: error, target: sink.target }, 'Connections cannot be written');
    this.#isFailing = true;
  }
}
