import { describe, expect, test } from '@jest/globals';
import { StageCounters } from '../../src/lib/stage-counters.ts';
import type { Deadline, Stage } from '../../src/model/stage.ts';
import { describeStage, STAGE_RULES, type StageFactory } from '../support/stage-contract.ts';

/** Takes numbers, each worth ten frames, and hands them on when it stops. */
class SumStage implements Stage<readonly number[]> {
  readonly name = 'sum';
  readonly counters = new StageCounters();
  private stopped = false;
  protected readonly hangs: boolean;

  constructor(hangs: boolean) {
    this.hangs = hangs;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  accept(batch: readonly number[]): void {
    this.counters.receive(batch.length, batch.length * 10);
    if (this.stopped) this.counters.drop('stopped', batch.length, batch.length * 10);
  }

  async stop(deadline: Deadline): Promise<void> {
    this.stopped = true;
    const { records, frames } = this.counters.held;
    if (this.hangs) await new Promise((resolve) => setTimeout(resolve, deadline.remainingMs()));
    if (this.hangs) this.counters.drop('deadline', records, frames);
    else this.counters.forward(records, frames);
  }

  account(): StageCounters {
    return this.counters;
  }
}

const create =
  (Kind: typeof SumStage): StageFactory<readonly number[]> =>
  (downstream) => ({ stage: new Kind(downstream === 'hanging'), batch: [1, 2, 3], amount: { records: 3, frames: 30 } });

describeStage('a good stage', create(SumStage));

/** One planted fault for each rule. */
const FAULTY: Readonly<Record<keyof typeof STAGE_RULES, typeof SumStage>> = {
  'stops twice': class extends SumStage {
    private times = 0;
    override stop(deadline: Deadline): Promise<void> {
      return ++this.times > 1 ? Promise.reject(new Error('already stopped')) : super.stop(deadline);
    }
  },
  'stops without having been started': class extends SumStage {
    private started = false;
    override start(): Promise<void> {
      this.started = true;
      return Promise.resolve();
    }
    override stop(deadline: Deadline): Promise<void> {
      return this.started ? super.stop(deadline) : Promise.reject(new Error('not started'));
    }
  },
  'starts and stops under an aborted signal': class extends SumStage {
    override start(signal?: AbortSignal): Promise<void> {
      return signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.resolve();
    }
  },
  'takes a batch in any state, at once': class extends SumStage {
    override accept(batch: readonly number[]): void {
      super.accept(batch);
      return Promise.resolve() as unknown as void;
    }
  },
  'counts every record it got, and its account balances': class extends SumStage {
    override accept(batch: readonly number[]): void {
      this.counters.received.records += 1;
      super.accept(batch);
    }
  },
  'holds nothing after its stop': class extends SumStage {
    override accept(batch: readonly number[]): void {
      this.counters.receive(batch.length, batch.length * 10);
    }
  },
  'is stopped by the deadline though nobody takes its records': class extends SumStage {
    override stop(deadline: Deadline): Promise<void> {
      return this.hangs ? new Promise(() => undefined) : super.stop(deadline);
    }
  },
};

describe('the checker of the contract', () => {
  test.each(Object.entries(STAGE_RULES))('sees a stage that breaks: %s', async (name, rule) => {
    const Faulty = FAULTY[name];
    expect(Faulty).toBeDefined();
    const verdict = await rule(create(Faulty!)).catch((error: unknown) => String(error));
    expect(verdict).toEqual(expect.any(String));
  });
});
