import { describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import type { Amount, Stage, StageAccount } from '../../src/model/stage.ts';

/** A fresh stage with a batch for it and what that batch holds. */
export interface StageUnderTest<Batch> {
  readonly stage: Stage<Batch>;
  readonly batch: Batch;
  readonly amount: Readonly<Amount>;
}

/** Makes the stage, in front of something that takes what it gets or of something that never answers. */
export type StageFactory<Batch> = (
  downstream: 'working' | 'hanging',
) => StageUnderTest<Batch> | Promise<StageUnderTest<Batch>>;

/** Returns what is wrong, undefined where the stage keeps the rule. */
type Rule = <Batch>(create: StageFactory<Batch>) => Promise<string | undefined>;

const STOP_MS = 200;
const SLACK_MS = 800;

/** The contract of `Stage`, one checkable sentence each. */
export const STAGE_RULES: Readonly<Record<string, Rule>> = {
  'stops twice': async (create) => {
    const { stage, batch } = await start(await create('working'));
    stage.accept(batch);
    await stage.stop(createDeadline(STOP_MS));
    await stage.stop(createDeadline(STOP_MS));
    return judgeAccount(stage.account());
  },
  'stops without having been started': async (create) => {
    const { stage } = await create('working');
    await stage.stop(createDeadline(STOP_MS));
    return judgeAccount(stage.account());
  },
  'starts and stops under an aborted signal': async (create) => {
    const { stage, batch } = await create('working');
    await stage.start(AbortSignal.abort());
    stage.accept(batch);
    await stage.stop(createDeadline(STOP_MS));
    return judgeAccount(stage.account());
  },
  'takes a batch in any state, at once': async (create) => {
    const { stage, batch } = await create('working');
    const results: unknown[] = [stage.accept(batch)];
    await stage.start(new AbortController().signal);
    results.push(stage.accept(batch));
    await stage.stop(createDeadline(STOP_MS));
    results.push(stage.accept(batch));
    return results.every((result) => result === undefined) ? undefined : 'accept returned something';
  },
  'counts every record it got, and its account balances': async (create) => {
    const { stage, batch, amount } = await create('working');
    stage.accept(batch);
    const problems = [judgeAccount(stage.account(), 1, amount)];
    await stage.start(new AbortController().signal);
    stage.accept(batch);
    problems.push(judgeAccount(stage.account(), 2, amount));
    await stage.stop(createDeadline(STOP_MS));
    problems.push(judgeAccount(stage.account(), 2, amount));
    stage.accept(batch);
    problems.push(judgeAccount(stage.account(), 3, amount));
    return problems.find((problem) => problem !== undefined);
  },
  'holds nothing after its stop': async (create) => {
    const { stage, batch } = await start(await create('hanging'));
    stage.accept(batch);
    await stage.stop(createDeadline(STOP_MS));
    stage.accept(batch);
    const { held } = stage.account();
    return held.records === 0 && held.frames === 0 ? judgeAccount(stage.account()) : `${held.records} records are held`;
  },
  'is stopped by the deadline though nobody takes its records': async (create) => {
    const { stage, batch } = await start(await create('hanging'));
    for (let i = 0; i < 3; i++) stage.accept(batch);
    const ended = stage.stop(createDeadline(STOP_MS)).then(() => true);
    const late = new Promise<false>((resolve) => setTimeout(resolve, STOP_MS + SLACK_MS, false).unref());
    return (await Promise.race([ended, late])) ? undefined : `stop took more than ${STOP_MS + SLACK_MS} ms`;
  },
};

/** Tests of the whole contract for one stage. */
export function describeStage<Batch>(name: string, create: StageFactory<Batch>): void {
  describe(`${name} keeps the contract of a stage`, () => {
    test.each(Object.entries(STAGE_RULES))('%s', async (_, rule) => {
      expect(await rule(create)).toBeUndefined();
    });
  });
}

async function start<Batch>(under: StageUnderTest<Batch>): Promise<StageUnderTest<Batch>> {
  await under.stage.start(new AbortController().signal);
  return under;
}

function judgeAccount(account: StageAccount, batches?: number, amount?: Readonly<Amount>): string | undefined {
  for (const unit of ['records', 'frames'] as const) {
    const dropped = [...account.dropped.values()].reduce((sum, each) => sum + each[unit], 0);
    const received = account.received[unit];
    const parts = [account.forwarded[unit], dropped, account.held[unit]];
    const equation = `${unit}: received ${received} = forwarded, dropped, held ${parts.join(' + ')}`;
    if (parts.some((part) => part < 0) || parts.reduce((sum, part) => sum + part) !== received) return equation;
    if (batches !== undefined && amount !== undefined && received !== batches * amount[unit])
      return `${unit}: received ${received}, got ${batches * amount[unit]}`;
  }
  return undefined;
}
