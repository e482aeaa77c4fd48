import type { Amount, LossReason, StageAccount } from '../model/stage.ts';

/** Bookkeeping of one stage: what came in, went on, was dropped and why; what is left is held. */
export class StageCounters implements StageAccount {
  readonly received: Amount = { records: 0, frames: 0 };
  readonly forwarded: Amount = { records: 0, frames: 0 };
  readonly held: Amount = { records: 0, frames: 0 };
  readonly dropped = new Map<LossReason, Amount>();

  receive(records: number, frames: number): void {
    move(this.received, records, frames);
    move(this.held, records, frames);
  }

  forward(records: number, frames: number): void {
    move(this.forwarded, records, frames);
    move(this.held, -records, -frames);
  }

  drop(reason: LossReason, records: number, frames: number): void {
    let amount = this.dropped.get(reason);
    if (amount === undefined) this.dropped.set(reason, (amount = { records: 0, frames: 0 }));
    move(amount, records, frames);
    move(this.held, -records, -frames);
  }
}

function move(amount: Amount, records: number, frames: number): void {
  amount.records += records;
  amount.frames += frames;
}
