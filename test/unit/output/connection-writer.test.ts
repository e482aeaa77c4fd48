import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Log } from '../../../src/model/log.ts';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { ConnectionWriter } from '../../../src/output/connection-writer.ts';
import type { TextSink } from '../../../src/output/text-sink.ts';
import { createSampleConnection } from '../../support/sample-connections.ts';

/** A sink that the test lets write, one call after the other. */
class HeldSink implements TextSink {
  readonly target = 'held';
  readonly isUsable = true;
  readonly texts: string[] = [];
  readonly writes: ((error?: Error) => void)[] = [];
  isOpen = false;

  open(): Promise<void> {
    this.isOpen = true;
    return Promise.resolve();
  }

  write(bytes: Uint8Array): Promise<Error | undefined> {
    this.texts.push(Buffer.from(bytes).toString());
    return new Promise((resolve) => this.writes.push(resolve));
  }

  close(): Promise<void> {
    this.isOpen = false;
    return Promise.resolve();
  }
}

function create(log: Log = SILENT_LOG): { sink: HeldSink; writer: ConnectionWriter } {
  const sink = new HeldSink();
  const format = {
    encode: (batch: readonly { sourcePort: number | undefined }[]) => batch.map((c) => `${c.sourcePort}\n`).join(''),
  };
  return { sink, writer: new ConnectionWriter({ format, framesOf: () => 3, sink, log }) };
}

describe('the connection writer', () => {
  test('confirms what is written, in order and one write at a time', async () => {
    const { sink, writer } = create();
    await writer.start();
    const connection = { sourcePort: 1 };
    const reused = createSampleConnection(connection);
    const first = writer.deliver([reused, createSampleConnection({ sourcePort: 2 })]);
    Object.assign(reused, { sourcePort: 9 });
    const second = writer.deliver([createSampleConnection({ sourcePort: 3 })]);
    let isConfirmed = false;
    void first.then(() => (isConfirmed = true));
    await setImmediate();
    expect([sink.texts, isConfirmed]).toEqual([['1\n2\n'], false]);
    expect(writer.account().held).toEqual({ records: 3, frames: 9 });
    sink.writes.shift()?.();
    expect(await first).toEqual({ kind: 'taken', alreadyStored: undefined });
    sink.writes.shift()?.();
    await second;
    expect(sink.texts).toEqual(['1\n2\n', '3\n']);
    expect(writer.account()).toMatchObject({ forwarded: { records: 3, frames: 9 }, held: { records: 0, frames: 0 } });
    await writer.stop();
    expect(sink.isOpen).toBe(false);
  });

  test('gives up what cannot be written, counts it and says so once', async () => {
    const errors: string[] = [];
    const { sink, writer } = create({ ...SILENT_LOG, error: (_, message) => void errors.push(message) });
    for (let i = 0; i < 2; i++) {
      const delivered = writer.deliver([createSampleConnection()]);
      await setImmediate();
      sink.writes.shift()?.(new Error('no space left on device'));
      expect(await delivered).toMatchObject({ kind: 'taken' });
    }
    expect(writer.account().dropped.get('write_failed')).toEqual({ records: 2, frames: 6 });
    expect(errors).toEqual(['Connections cannot be written']);
  });
});
