import { beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import type { Log } from '../../../src/model/log.ts';
import { NDJSON_FORMAT } from '../../../src/output/ndjson-format.ts';
import type { RecordFormat } from '../../../src/output/record-format.ts';
import { toFrameCount } from '../../../src/lib/frame-count.ts';
import { RecordWriter, type RecordWriterOptions } from '../../../src/output/record-writer.ts';
import type { TextSink } from '../../../src/output/text-sink.ts';
import { createSampleRecord, createSampleRecords } from '../../support/otlp-sample-records.ts';
import { toAccountedFor, toDroppedRecords } from '../../support/stage-balance.ts';
import { describeStage } from '../../support/stage-contract.ts';

/** A sink that the test opens and shuts like a tap. */
class TapSink implements TextSink {
  readonly target = 'tap';
  isUsable = true;
  isClosed = false;
  error: Error | undefined;
  text = '';
  writes = 0;
  #wait: PromiseWithResolvers<void> | undefined;

  shut(): void {
    this.#wait = Promise.withResolvers();
  }

  release(): void {
    this.#wait?.resolve();
    this.#wait = undefined;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async write(bytes: Uint8Array): Promise<Error | undefined> {
    this.writes++;
    await this.#wait?.promise;
    if (this.error === undefined) this.text += Buffer.from(bytes).toString();
    return this.error;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

let sink: TapSink;
let logged: string[];

beforeEach(() => {
  sink = new TapSink();
  logged = [];
});

function createLog(): Log {
  const keep = (_: object, message: string): void => void logged.push(message);
  return { ...SILENT_LOG, info: keep, error: keep };
}

async function start(options: Partial<RecordWriterOptions> = {}): Promise<RecordWriter> {
  const writer = new RecordWriter({
    format: NDJSON_FORMAT,
    framesOf: toFrameCount,
    sink,
    log: createLog(),
    ...options,
  });
  await writer.start();
  return writer;
}

function lineCount(): number {
  return sink.text.split('\n').length - 1;
}

describeStage('RecordWriter', (downstream) => {
  const tap = new TapSink();
  if (downstream === 'hanging') tap.shut();
  const batch = createSampleRecords(600);
  const frames = batch.reduce((sum, one) => sum + one.packets + one.reversePackets, 0);
  const stage = new RecordWriter({ format: NDJSON_FORMAT, framesOf: toFrameCount, sink: tap, log: SILENT_LOG });
  return { stage, batch, amount: { records: 600, frames } };
});

describe('RecordWriter', () => {
  test('writes all records in order and forwards them once they are written', async () => {
    const writer = await start();
    const records = createSampleRecords(1_000);
    sink.shut();
    writer.accept(records);
    expect(writer.account()).toMatchObject({ forwarded: { records: 0 }, held: { records: 1_000 } });
    sink.release();
    await writer.stop(createDeadline(1_000));
    expect(sink.text).toBe(NDJSON_FORMAT.encode(records));
    const frames = records.reduce((sum, one) => sum + one.packets + one.reversePackets, 0);
    expect(writer.account().forwarded).toEqual({ records: 1_000, frames });
    expect(toAccountedFor(writer.account())).toEqual(writer.account().received);
  });

  test('reads records before it returns, since they are used again', async () => {
    const writer = await start();
    const record = createSampleRecord(0, { sourceAddress: '10.9.9.9' });
    writer.accept([record]);
    record.sourceAddress = 'changed';
    await writer.stop(createDeadline(1_000));
    expect(sink.text).toContain('10.9.9.9');
  });

  test('holds no more than the limit while the reader stalls, and goes on when it reads again', async () => {
    const writer = await start({ queueByteLimit: 1_000_000 });
    sink.shut();
    for (let i = 0; i < 100; i++) writer.accept(createSampleRecords(100));
    const held = writer.account().held.records;
    const fit = Math.ceil(1_000_000 / NDJSON_FORMAT.encode(createSampleRecords(100)).length) * 100;
    expect(held).toBe(fit);
    expect(toDroppedRecords(writer.account())).toEqual({ queue_full: 10_000 - fit });
    expect(sink.writes).toBe(1);
    expect(toAccountedFor(writer.account())).toEqual(writer.account().received);
    sink.release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    writer.accept(createSampleRecords(10));
    await writer.stop(createDeadline(1_000));
    expect(lineCount()).toBe(fit + 10);
    expect(writer.account().held).toEqual({ records: 0, frames: 0 });
  });

  test('counts what could not be written, says so once, and once that it goes on', async () => {
    const writer = await start();
    sink.error = new Error('no space left on device');
    for (let i = 0; i < 3; i++) {
      writer.accept(createSampleRecords(5));
      await new Promise((resolve) => setImmediate(resolve));
    }
    sink.error = undefined;
    writer.accept(createSampleRecords(5));
    await writer.stop(createDeadline(1_000));
    expect(toDroppedRecords(writer.account())).toEqual({ write_failed: 15 });
    expect(lineCount()).toBe(5);
    expect(logged).toEqual(['Records cannot be written', 'Records are written again']);
  });

  test('does not make text for a sink that is gone for good', async () => {
    const encoded: number[] = [];
    const format: RecordFormat = { encode: (records) => `${encoded.push(records.length)}\n` };
    const writer = await start({ format });
    sink.isUsable = false;
    writer.accept(createSampleRecords(5));
    expect([encoded, toDroppedRecords(writer.account())]).toEqual([[], { write_failed: 5 }]);
  });

  test('a format that throws costs the records, not the process', async () => {
    const format: RecordFormat = {
      encode: () => {
        throw new Error('planted');
      },
    };
    const writer = await start({ format });
    writer.accept(createSampleRecords(5));
    expect(toDroppedRecords(writer.account())).toEqual({ encode_failed: 5 });
  });

  test('gives up at the deadline what a stalled reader did not take, and counts it once', async () => {
    const writer = await start();
    sink.shut();
    writer.accept(createSampleRecords(1_000));
    const startMs = performance.now();
    await writer.stop(createDeadline(50));
    expect(performance.now() - startMs).toBeLessThan(500);
    sink.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(toDroppedRecords(writer.account())).toEqual({ deadline: 1_000 });
    expect(toAccountedFor(writer.account())).toEqual(writer.account().received);
    expect(writer.account().held.records).toBe(0);
  });

  test('drops what comes before the start and after the stop, and stops twice without harm', async () => {
    const early = new RecordWriter({ format: NDJSON_FORMAT, framesOf: toFrameCount, sink, log: createLog() });
    early.accept(createSampleRecords(2));
    expect(toDroppedRecords(early.account())).toEqual({ stopped: 2 });
    const writer = await start();
    await Promise.all([writer.stop(createDeadline(100)), writer.stop(createDeadline(100))]);
    await writer.stop(createDeadline(100));
    writer.accept(createSampleRecords(3));
    expect(toDroppedRecords(writer.account())).toEqual({ stopped: 3 });
    expect([sink.text, sink.isClosed]).toEqual(['', true]);
  });

  test('takes an empty batch', async () => {
    const writer = await start();
    writer.accept([]);
    await writer.stop(createDeadline(100));
    expect([sink.writes, writer.account().received.records]).toEqual([0, 0]);
  });
});
