import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createDeadline } from '../../../src/lib/deadline.ts';
import type { Log } from '../../../src/model/log.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { BatchEncoder } from '../../../src/otlp/batch-encoder.ts';
import type { OtlpClient, SendOutcome } from '../../../src/otlp/otlp-client.ts';
import { OtlpSender, type OtlpSenderOptions } from '../../../src/otlp/otlp-sender.ts';
import { createSampleRecord } from '../../support/otlp-sample-records.ts';
import { toAccountedFor, toDroppedRecords } from '../../support/stage-balance.ts';

type Batch = readonly string[];

/** Keeps flow ids; refuses the record `bad`. */
class IdEncoder implements BatchEncoder<Batch> {
  byteCount = 0;
  #ids: string[] = [];
  get recordCount(): number {
    return this.#ids.length;
  }
  append({ flowId }: FlowRecord): boolean {
    if (flowId !== 'bad') this.#ids.push(flowId);
    return flowId !== 'bad';
  }
  finish(): Batch {
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }
}

/** Notes each request; answers from its script, then `sent`, after `delayMs`. */
class ScriptedClient implements OtlpClient<Batch> {
  readonly script: SendOutcome[] = [];
  readonly requests: { readonly ids: Batch; readonly atMs: number }[] = [];
  delayMs = 1;
  running = 0;
  mostRunning = 0;
  isShutDown = false;

  async send(ids: Batch): Promise<SendOutcome> {
    this.requests.push({ ids, atMs: performance.now() });
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    this.running--;
    return this.script.shift() ?? sent();
  }

  shutdown(): void {
    this.isShutDown = true;
  }
}

function sent(rejectedRecords = 0, message = '', readable = true): SendOutcome {
  return { kind: 'sent', rejectedRecords, message, readable, byteCount: 100 };
}
const retry = (retryAfterMs?: number): SendOutcome => ({
  kind: 'retry',
  status: 503,
  retryAfterMs,
  reason: 'HTTP 503: full',
});
const rejected: SendOutcome = { kind: 'rejected', status: 400, message: 'no' };

const DEFAULTS: OtlpSenderOptions = {
  queueRecords: 100,
  batchRecords: 10,
  flushMs: 1000,
  maxInFlight: 1,
  backoff: { baseMs: 100, maxMs: 1000, maxRetryAfterMs: 60_000 },
};

class Bench {
  readonly client = new ScriptedClient();
  readonly lines: string[] = [];
  readonly abort = new AbortController();
  readonly sender: OtlpSender<Batch>;
  #next = 0;

  constructor(options: Partial<OtlpSenderOptions> = {}) {
    const write = (level: string) => (_: object, message: string) => void this.lines.push(`${level} ${message}`);
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    this.sender = new OtlpSender(new IdEncoder(), this.client, { ...DEFAULTS, ...options }, log);
  }

  async start(): Promise<void> {
    await this.sender.start(this.abort.signal);
  }

  /** Accepts so many records of 3 frames each, numbered on. */
  accept(count: number): void {
    const records = Array.from({ length: count }, () => this.record(`${this.#next++}`));
    this.sender.accept(records);
  }

  record(flowId: string): FlowRecord {
    return createSampleRecord(0, { flowId, packets: 2, reversePackets: 1 });
  }

  get sentIds(): string[] {
    return this.client.requests.flatMap(({ ids }) => ids);
  }

  expectBalance(): void {
    expect(toAccountedFor(this.sender.account())).toEqual(this.sender.account().received);
  }
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('batches', () => {
  test('end when full, at once', async () => {
    const bench = new Bench();
    await bench.start();
    bench.accept(25);
    await pass(50);
    expect(bench.client.requests.map(({ ids }) => ids.length)).toEqual([10, 10]);
    bench.expectBalance();
    expect(bench.sender.account().held).toEqual({ records: 5, frames: 15 });
  });

  test('end when old and nothing waits before them', async () => {
    const bench = new Bench();
    await bench.start();
    bench.accept(5);
    await pass(999);
    expect(bench.client.requests).toEqual([]);
    await pass(2);
    expect(bench.sentIds).toEqual(numbers(0, 5));
  });

  test('grow full while the receiver is away, and all arrive in order', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(retry(8000));
    for (let second = 0; second < 8; second++) {
      bench.accept(3);
      await pass(1000);
    }
    await pass(2000);
    expect(bench.client.requests.map(({ ids }) => ids.length)).toEqual([3, 3, 10, 10, 1]);
    expect(bench.sentIds.slice(3)).toEqual(numbers(0, 24));
    expect(bench.sender.account().forwarded).toEqual({ records: 24, frames: 72 });
  });

  test('accepted before the start are sent after it', async () => {
    const bench = new Bench();
    bench.accept(15);
    await pass(5000);
    expect(bench.client.requests).toEqual([]);
    await bench.start();
    await pass(50);
    expect(bench.sentIds).toEqual(numbers(0, 15));
  });
});

describe('the queue', () => {
  test('is bounded: the newest records are dropped, counted, and told once', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(retry(5000));
    for (let i = 0; i < 30; i++) bench.accept(7);
    await pass(0);
    expect(bench.sender.account().held.records).toBe(100);
    expect(toDroppedRecords(bench.sender.account())).toEqual({ queue_full: 110 });
    expect(bench.sender.counters().queueRecords).toBe(100);
    bench.expectBalance();
    await pass(7000);
    expect(bench.sentIds.slice(10)).toEqual(numbers(0, 100));
    expect(bench.lines.filter((line) => line.includes('queue is full'))).toHaveLength(1);
    bench.expectBalance();
  });

  test('counts what cannot be encoded', async () => {
    const bench = new Bench();
    await bench.start();
    bench.sender.accept([bench.record('a'), bench.record('bad'), bench.record('b')]);
    await pass(1100);
    expect(bench.sentIds).toEqual(['a', 'b']);
    expect(toDroppedRecords(bench.sender.account())).toEqual({ encode_failed: 1 });
    bench.expectBalance();
  });
});

describe('outcomes', () => {
  test('retry: the same batch again, first, after growing waits', async () => {
    const bench = new Bench();
    await bench.start();
    jest.spyOn(Math, 'random').mockReturnValue(1);
    bench.client.script.push(retry(), retry(), retry());
    bench.accept(20);
    await pass(1000);
    expect(bench.client.requests.map(({ ids }) => ids[0])).toEqual(['0', '0', '0', '0', '10']);
    const times = bench.client.requests.map(({ atMs }) => atMs);
    const waits = times.slice(1, 4).map((atMs, i) => Math.round(atMs - (times[i] ?? 0)));
    expect(waits).toEqual([101, 201, 401]);
    expect(bench.sender.counters()).toMatchObject({
      retries: 3,
      requestsByOutcome: { sent: 2, retry: 3, rejected: 0 },
    });
    expect(bench.lines).toEqual([
      'warn OTLP receiver does not take records now; they are kept',
      'info OTLP receiver answers again',
    ]);
  });

  test('Retry-After is waited for, and nothing else is sent meanwhile', async () => {
    const bench = new Bench({ maxInFlight: 4 });
    await bench.start();
    bench.client.script.push(retry(7000));
    bench.accept(10);
    await pass(10);
    bench.accept(50);
    await pass(6980);
    expect(bench.client.requests).toHaveLength(1);
    await pass(1000);
    expect(bench.client.requests).toHaveLength(7);
  });

  test('rejected: dropped and counted, the next batch goes at once', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(rejected);
    bench.accept(20);
    await pass(10);
    expect(bench.sentIds).toEqual(numbers(0, 20));
    expect(toDroppedRecords(bench.sender.account())).toEqual({ rejected: 10 });
    expect(bench.sender.account().forwarded).toEqual({ records: 10, frames: 30 });
    bench.expectBalance();
  });

  test('partial success: what was refused is dropped and not sent again', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(sent(4, 'too old'), sent(999), sent(0, 'deprecated'));
    bench.accept(30);
    await pass(20);
    expect(bench.client.requests).toHaveLength(3);
    expect(toDroppedRecords(bench.sender.account())).toEqual({ partial_success: 14 });
    expect(bench.sender.account().dropped.get('partial_success')?.frames).toBe(42);
    expect(bench.sender.counters()).toMatchObject({ sentRecords: 16, sentBytes: 300 });
    bench.expectBalance();
  });

  test('an unreadable 200 counts as sent and is told once', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(sent(0, '', false), sent(0, '', false));
    bench.accept(20);
    await pass(10);
    expect(bench.sender.counters().sentRecords).toBe(20);
    expect(bench.lines).toHaveLength(1);
  });
});

describe('requests', () => {
  test.each([1, 3])('%i side by side', async (maxInFlight) => {
    const bench = new Bench({ maxInFlight });
    bench.client.delayMs = 100;
    await bench.start();
    bench.accept(90);
    await pass(2000);
    expect(bench.client.mostRunning).toBe(maxInFlight);
    expect(bench.sentIds).toHaveLength(90);
  });

  test('after a failure go one at a time until one succeeds', async () => {
    const bench = new Bench({ maxInFlight: 5 });
    await bench.start();
    bench.client.script.push(retry());
    bench.accept(10);
    await pass(2);
    bench.client.delayMs = 50;
    bench.client.script.push(retry());
    bench.accept(80);
    await pass(500);
    expect(bench.client.requests.slice(1, 3).map(({ ids }) => ids[0])).toEqual(['0', '0']);
    await pass(2000);
    expect(bench.sentIds).toHaveLength(110);
    bench.expectBalance();
  });
});

describe('stop', () => {
  test('sends what is held, then refuses what comes', async () => {
    const bench = new Bench();
    await bench.start();
    bench.accept(23);
    const stopped = bench.sender.stop(createDeadline(5000));
    await pass(100);
    await stopped;
    expect(bench.sentIds).toEqual(numbers(0, 23));
    expect(bench.client.isShutDown).toBe(true);
    bench.accept(2);
    expect(toDroppedRecords(bench.sender.account())).toEqual({ stopped: 2 });
    bench.expectBalance();
  });

  test('at its deadline counts what is left, and is safe twice', async () => {
    const bench = new Bench();
    bench.client.delayMs = 400;
    await bench.start();
    bench.accept(50);
    const stops = [bench.sender.stop(createDeadline(1000)), bench.sender.stop(createDeadline(60_000))];
    await pass(1001);
    await Promise.all(stops);
    expect(bench.sender.account().forwarded.records).toBe(20);
    expect(toDroppedRecords(bench.sender.account())).toEqual({ deadline: 30 });
    expect(bench.sender.account().held.records).toBe(0);
    await pass(5000);
    bench.expectBalance();
    expect(bench.sender.account().forwarded.records).toBe(20);
  });

  test('tries again at once, and often, when the receiver was away', async () => {
    const bench = new Bench({ backoff: { baseMs: 100, maxMs: 60_000, maxRetryAfterMs: 60_000 } });
    await bench.start();
    bench.client.script.push(...Array.from({ length: 12 }, () => retry()));
    bench.accept(10);
    await pass(20_000);
    const before = bench.client.requests.length;
    expect(before).toBeLessThan(12);
    const stopped = bench.sender.stop(createDeadline(3000));
    await pass(1500);
    await stopped;
    expect(bench.sender.account().forwarded.records).toBe(10);
  });

  test('does not wait for a receiver that asked for more time than is left', async () => {
    const bench = new Bench();
    await bench.start();
    bench.client.script.push(retry(30_000));
    bench.accept(10);
    await pass(100);
    const stopped = bench.sender.stop(createDeadline(5000));
    await pass(0);
    await stopped;
    expect(toDroppedRecords(bench.sender.account())).toEqual({ deadline: 10 });
  });

  test('without a start drops all', async () => {
    const bench = new Bench();
    bench.accept(12);
    await bench.sender.stop(createDeadline(5000));
    expect(toDroppedRecords(bench.sender.account())).toEqual({ deadline: 12 });
    bench.expectBalance();
  });

  test('after an abort drops all at once', async () => {
    const bench = new Bench();
    bench.client.delayMs = 10_000;
    await bench.start();
    bench.accept(12);
    await pass(10);
    bench.abort.abort();
    expect(bench.client.isShutDown).toBe(true);
    expect(jest.getTimerCount()).toBe(1); // the client's own
    await bench.sender.stop(createDeadline(5000));
    expect(toDroppedRecords(bench.sender.account())).toEqual({ deadline: 12 });
    bench.expectBalance();
  });
});
