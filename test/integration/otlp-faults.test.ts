import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createOtlpSender, type OtlpStage } from '../../src/otlp/create-otlp-sender.ts';
import type { OtlpOptions } from '../../src/otlp/otlp-options.ts';
import { OtlpReceiver, type ReceiverAnswer } from '../support/otlp-receiver.ts';
import { createSampleRecord } from '../support/otlp-sample-records.ts';
import { toAccountedFor, toDroppedRecords } from '../support/stage-balance.ts';
import { waitFor } from '../support/wait-for.ts';

/** Long enough for a receiver on a busy machine, so that nothing is sent twice but what a test wants to be. */
const PATIENT_MS = 10_000;
/** The JSON exporter waits 0.8 s or more before it tries again by itself: with less than that it does not. */
const IMPATIENT_MS = 700;
const OPTIONS: Omit<OtlpOptions, 'encoding'> = {
  batchRecords: 50,
  flushMs: 30,
  backoff: { baseMs: 40, maxMs: 200, maxRetryAfterMs: 60_000 },
  resource: new Map([['service.name', 'podflow']]),
  scopeVersion: '1.2.3',
};
const TOO_LONG = '.'.repeat(5 * 1024 * 1024);

let receiver: OtlpReceiver;
let sender: OtlpStage;
let accepted = 0;

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
  accepted = 0;
});
afterEach(async () => {
  await sender.stop(createDeadline(0));
  await receiver.close();
});

async function startSender(options: Partial<OtlpOptions> & Pick<OtlpOptions, 'encoding'>): Promise<void> {
  const timeoutMs = options.encoding === 'json' ? IMPATIENT_MS : PATIENT_MS;
  sender = await createOtlpSender({ ...OPTIONS, timeoutMs, endpoint: receiver.url, ...options }, SILENT_LOG);
  await sender.start(new AbortController().signal);
}

/** Accepts so many records, of 5 frames each, numbered on by their flow id. */
function accept(count: number): void {
  const records = Array.from({ length: count }, () =>
    createSampleRecord(1, { flowId: String(accepted++), packets: 3, reversePackets: 2 }),
  );
  sender.accept(records);
}

function arrived(): number[] {
  return receiver.records.map(({ attributes }) => Number(attributes['flow.id']));
}

/** Waits until nothing is held, then checks the loss identity in records and frames. */
async function expectSettled(timeoutMs?: number): Promise<void> {
  await waitFor('all records to be settled', () => sender.account().held.records === 0, timeoutMs);
  const account = sender.account();
  expect(account.received).toEqual({ records: accepted, frames: 5 * accepted });
  expect(toAccountedFor(account)).toEqual(account.received);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe.each(['protobuf', 'json'] as const)('%s: the receiver', (encoding) => {
  test('is down for a while: nothing is lost, nothing comes twice', async () => {
    await startSender({ encoding, timeoutMs: PATIENT_MS });
    accept(120);
    await waitFor('the first answers', () => sender.account().held.records === 0);
    const requests = receiver.requests.length;
    await receiver.down();
    for (let i = 0; i < 30; i++) {
      accept(40);
      await sleep(50);
    }
    expect(sender.counters().queueRecords).toBe(1200);
    await receiver.up();
    await expectSettled();
    expect(arrived()).toEqual(numbers(1320));
    expect(sender.account().dropped.size).toBe(0);
    // While it was away batches grew full, but for the first, which was under way, and the last.
    const sizes = receiver.requests.slice(requests).map(({ recordCount }) => recordCount);
    expect(sizes.slice(1, -1).every((size) => size === 50)).toBe(true);
    if (encoding === 'protobuf') expect(sender.counters().requestsByOutcome.retry).toBeGreaterThan(3);
  });

  const TEMPORARY: readonly (readonly [string, ReceiverAnswer])[] = [
    ['429', { kind: 'status', status: 429 }],
    ['502', { kind: 'status', status: 502 }],
    ['503', { kind: 'status', status: 503 }],
    ['504', { kind: 'status', status: 504 }],
    ['never', { kind: 'never' }],
    ['with a reset', { kind: 'reset' }],
    ['with bytes that are no HTTP', { kind: 'noise' }],
  ];
  test.each(TEMPORARY)('answers %s: the batch is sent again', async (_, answer) => {
    await startSender({ encoding, timeoutMs: IMPATIENT_MS });
    receiver.answerNext(answer, answer);
    accept(100);
    await expectSettled();
    expect(arrived()).toEqual(numbers(100));
    expect(sender.counters().retries).toBe(2);
    expect(sender.counters().requestsByOutcome).toEqual({ sent: 2, retry: 2, rejected: 0 });
  });

  test.each([400, 401, 404, 408, 413, 500, 307])(
    'answers %i: dropped and counted, the next batch goes',
    async (status) => {
      await startSender({ encoding });
      receiver.answerNext({ kind: 'status', status, message: 'no' });
      accept(100);
      await expectSettled();
      expect(arrived()).toEqual(numbers(100).slice(50));
      expect(toDroppedRecords(sender.account())).toEqual({ rejected: 50 });
      expect(receiver.requests).toHaveLength(2);
    },
  );

  test('takes a part: the rest is counted and not sent again', async () => {
    await startSender({ encoding });
    receiver.answerNext(
      { kind: 'partial', rejected: 20, message: 'too old' },
      { kind: 'partial', rejected: 0, message: 'hm' },
    );
    accept(100);
    await expectSettled();
    expect(toDroppedRecords(sender.account())).toEqual({ partial_success: 20 });
    expect(sender.account().dropped.get('partial_success')?.frames).toBe(100);
    expect(sender.counters().sentRecords).toBe(80);
    expect(receiver.requests).toHaveLength(2);
  });

  const UNREADABLE: readonly (readonly [string, ReceiverAnswer])[] = [
    ['a broken body', { kind: 'body', body: Buffer.from([0xff, 0xff, 0xff]) }],
    ['a page', { kind: 'body', body: '<html>hello</html>', contentType: 'text/html' }],
    ['5 MiB', { kind: 'body', body: TOO_LONG }],
    ['a body without end', { kind: 'endless' }],
  ];
  test.each(UNREADABLE)('answers 200 and %s: counts as sent', async (_, answer) => {
    await startSender({ encoding, timeoutMs: IMPATIENT_MS });
    receiver.answerNext(answer);
    accept(100);
    await expectSettled();
    expect(arrived()).toEqual(numbers(100));
    expect(sender.counters().requestsByOutcome).toEqual({ sent: 2, retry: 0, rejected: 0 });
  });

  test('answers more than 4 MiB: none of it is believed', async () => {
    await startSender({ encoding });
    const pad = Buffer.concat([Buffer.from([0x7a, 0x80, 0x80, 0xc0, 0x02]), Buffer.alloc(5 * 1024 * 1024)]);
    const partial = Buffer.from([0x0a, 0x02, 0x08, 0x0a]);
    const json = JSON.stringify({ partialSuccess: { rejectedLogRecords: '10' }, pad: TOO_LONG });
    receiver.answerNext({ kind: 'body', body: encoding === 'json' ? json : Buffer.concat([partial, pad]) });
    accept(50);
    await expectSettled();
    expect(sender.counters()).toMatchObject({ sentRecords: 50, retries: 0 });
  });

  test('is too slow: the queue stays in its bounds and the loss is counted', async () => {
    await startSender({ encoding, queueRecords: 300 });
    receiver.answerAlways({ kind: 'status', status: 503 });
    for (let i = 0; i < 10; i++) {
      accept(100);
      await sleep(10);
      expect(sender.account().held.records).toBeLessThanOrEqual(300);
    }
    receiver.answerAlways({ kind: 'taken' });
    await expectSettled();
    expect(toDroppedRecords(sender.account())).toEqual({ queue_full: 700 });
    expect(arrived()).toEqual(numbers(300));
  });
});

/** A date has whole seconds: 2 s ahead are at least 1. */
const IN_A_SECOND: readonly (readonly [string, () => string])[] = [
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2000).toUTCString()],
];

describe('Retry-After', () => {
  test.each(IN_A_SECOND)('as %s is waited for', async (_, toHeader) => {
    await startSender({ encoding: 'protobuf' });
    receiver.answerNext({ kind: 'status', status: 429, retryAfter: toHeader() });
    accept(100);
    await expectSettled();
    const [first, second] = receiver.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(995);
    expect(arrived()).toEqual(numbers(100));
  });

  test('is waited for with JSON too, where the exporter does not tell it', async () => {
    await startSender({ encoding: 'json' });
    receiver.answerNext({ kind: 'status', status: 503, retryAfter: '1' });
    accept(50);
    await expectSettled();
    const [first, second] = receiver.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(995);
  });

  test('of 0 is no invitation to a storm', async () => {
    await startSender({ encoding: 'protobuf' });
    receiver.answerAlways({ kind: 'status', status: 429, retryAfter: '0' });
    accept(50);
    await sleep(1000);
    expect(receiver.requests.length).toBeLessThan(40);
    expect(receiver.requests.length).toBeGreaterThan(3);
  });
});

describe('stop', () => {
  test('under load sends what is held', async () => {
    await startSender({ encoding: 'protobuf' });
    for (let i = 0; i < 40; i++) accept(50);
    accept(7);
    await sender.stop(createDeadline(5000));
    expect(arrived()).toEqual(numbers(2007));
    accept(3);
    await expectSettled();
    expect(toDroppedRecords(sender.account())).toEqual({ stopped: 3 });
  });

  test.each(['protobuf', 'json'] as const)('%s: keeps its deadline when nobody answers', async (encoding) => {
    await startSender({ encoding });
    receiver.answerAlways({ kind: 'never' });
    accept(500);
    await waitFor('a request', () => receiver.requests.length === 1);
    const startMs = performance.now();
    await sender.stop(createDeadline(300));
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(250);
    expect(tookMs).toBeLessThan(1_500);
    await expectSettled();
    expect(toDroppedRecords(sender.account())).toEqual({ deadline: 500 });
    // The JSON exporter cannot be told to give up.
    if (encoding === 'json') await sleep(IMPATIENT_MS);
  });

  test('reaches a receiver that comes back before the deadline', async () => {
    await startSender({ encoding: 'protobuf', backoff: { baseMs: 40, maxMs: 30_000, maxRetryAfterMs: 30_000 } });
    await receiver.down();
    accept(120);
    await sleep(1500);
    const stopped = sender.stop(createDeadline(5000));
    await sleep(500);
    await receiver.up();
    await stopped;
    expect(arrived()).toEqual(numbers(120));
  });
});
