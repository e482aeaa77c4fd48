import { StageCounters } from '../../lib/stage-counters.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { RecordStage, StageAccount } from '../../model/stage.ts';
import type { ConversationTable } from './conversation-table.ts';

/** Hands flow records of this process to the conversation table. */
export class SummaryStage implements RecordStage {
  readonly name = 'conversations';
  readonly #table: ConversationTable;
  readonly #account = new StageCounters();

  constructor(table: ConversationTable) {
    this.#table = table;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  accept(records: readonly FlowRecord[]): void {
    for (const record of records) {
      const frames = record.packets + record.reversePackets;
      this.#account.receive(1, frames);
      this.#table.add(record, Date.now());
      this.#account.forward(1, frames);
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  account(): StageAccount {
    return this.#account;
  }
}
