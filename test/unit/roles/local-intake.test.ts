import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { CaptureSink } from '../../../src/model/capture.ts';
import type { DeliveryOutcome } from '../../../src/model/connection-output.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { LocalIntake } from '../../../src/roles/enrich/local-intake.ts';
import { JoinHarness } from '../../support/join-harness.ts';
import { SAMPLE_TIME_NS } from '../../support/otlp-sample-records.ts';
import { createPerspective } from '../../support/perspective-records.ts';
import { describeStage } from '../../support/stage-contract.ts';

const START_NS = SAMPLE_TIME_NS;
const END_NS = SAMPLE_TIME_NS + 10e9;

const harnesses: JoinHarness[] = [];

afterEach(async () => {
  for (const { join } of harnesses.splice(0)) await join.stop({ remainingMs: () => 0 });
});

function create(): { harness: JoinHarness; intake: LocalIntake; ended: AbortController } {
  const ended = new AbortController();
  const harness = new JoinHarness();
  harnesses.push(harness);
  return { harness, intake: new LocalIntake(harness.join, new Map(), ended.signal), ended };
}

/** The sink of a flow table that reports `records` at the end of its interval, and uses them again at once. */
function createTableSink(intake: LocalIntake, records: readonly FlowRecord[]): CaptureSink {
  const nothing = (): void => undefined;
  return {
    deltas: nothing,
    icmpError: nothing,
    dnsMessage: nothing,
    drained: nothing,
    intervalEnd: async () => {
      intake.accept(records);
      for (const record of records) record.packets = record.bytes = 0;
      await setImmediate();
    },
  };
}

describe('records of the own flow table', () => {
  test('are joined by their interval, and out when it has ended', async () => {
    const { harness, intake } = create();
    const records = [createPerspective('client', 1), createPerspective('client', 2), createPerspective('server', 1)];
    await intake.follow(createTableSink(intake, records)).intervalEnd(START_NS, END_NS, false);
    const told = harness.counted.map(({ perspectives, record }) => [perspectives, record.packets]);
    expect(told).toEqual([
      ['both', 10],
      ['client', 10],
    ]);
    expect(intake.nowMs).toBe(END_NS / 1e6);
    expect(intake.account()).toMatchObject({ forwarded: { records: 3, frames: 54 }, held: { records: 0, frames: 0 } });
  });

  test('wait for an output that takes its time', async () => {
    const { harness, intake } = create();
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome>();
    harness.answers.push(() => promise);
    let hasEnded = false;
    const end = intake
      .follow(createTableSink(intake, [createPerspective('client', 1)]))
      .intervalEnd(START_NS, END_NS, false);
    void end.then(() => (hasEnded = true));
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(hasEnded).toBe(false);
    resolve({ kind: 'taken', alreadyStored: undefined });
    await end;
    expect(harness.counted).toHaveLength(1);
  });

  test('are waited for no longer once the role is to stop', async () => {
    const { harness, intake, ended } = create();
    harness.answers.push(() => new Promise(() => undefined));
    ended.abort();
    await intake.follow(createTableSink(intake, [createPerspective('client', 1)])).intervalEnd(START_NS, END_NS, true);
    expect(intake.account().held).toEqual({ records: 1, frames: 18 });
    await intake.stop({ remainingMs: () => 10 });
    expect(intake.account().dropped.get('deadline')).toEqual({ records: 1, frames: 18 });
  });

  test('that an output does not take are counted', async () => {
    const { harness, intake } = create();
    const later: DeliveryOutcome = { kind: 'later', status: 503, retryAfterMs: undefined, message: 'away' };
    harness.answers.push(() => later);
    await intake.follow(createTableSink(intake, [createPerspective('client', 1)])).intervalEnd(START_NS, END_NS, false);
    expect(intake.account().dropped.get('rejected')).toEqual({ records: 1, frames: 18 });
  });
});

describeStage('the local intake', (downstream) => {
  const { harness, intake } = create();
  if (downstream === 'hanging')
    for (let i = 0; i < 8; i++) harness.answers.push(() => new Promise<DeliveryOutcome>(() => undefined));
  return { stage: intake, batch: [createPerspective('client', 1)], amount: { records: 1, frames: 18 } };
});
