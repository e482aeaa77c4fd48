import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { FileSink } from '../../src/output/file-sink.ts';
import { NDJSON_FORMAT } from '../../src/output/ndjson-format.ts';
import { toFrameCount } from '../../src/lib/frame-count.ts';
import { RecordWriter } from '../../src/output/record-writer.ts';
import { createSampleRecords } from '../support/otlp-sample-records.ts';
import { describeWithRights } from '../support/requirements.ts';

const PROGRAM = new URL('../support/write-records.ts', import.meta.url).pathname;

/** What write-records.ts tells at its end. */
interface Report {
  readonly received: { readonly records: number; readonly frames: number };
  readonly accountedFor: { readonly records: number; readonly frames: number };
  readonly forwarded: number;
  readonly held: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly logged: readonly string[];
  readonly blockedMs: number;
}

interface Run {
  readonly file?: string;
  readonly batches: number;
  readonly recordsPerBatch: number;
  readonly deadlineMs?: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

let folder: string;
const children: Child[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-output-'));
});

afterEach(() => {
  for (const child of children.splice(0)) endGroup(child);
  rmSync(folder, { recursive: true, force: true });
});

function toCommand({ file = '-', batches, recordsPerBatch, deadlineMs = 2_000 }: Run): string[] {
  return [process.execPath, PROGRAM, file, ...[batches, recordsPerBatch, deadlineMs].map(String)];
}

/** Starts a shell line in which `"$@"` stands for the program, in a process group of its own. */
function start(line: string, run: Run, prefix: readonly string[] = []): Child {
  const [command = '', ...args] = [...prefix, 'sh', '-c', line, 'sh', ...toCommand(run)];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  children.push(child);
  return child;
}

/** Ends what is left of a line: a reader that sleeps outlives its shell. */
function endGroup({ pid }: Child): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of the group have ended.
  }
}

async function readReport(child: Child): Promise<Report> {
  const lines = (await text(child.stderr)).trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as Report;
}

function parseLines(ndjson: string): unknown[] {
  expect(ndjson === '' || ndjson.endsWith('\n')).toBe(true);
  return ndjson
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

describe('to stdout', () => {
  test('all records arrive at a reader that reads', async () => {
    const child = start('"$@" | cat', { batches: 20, recordsPerBatch: 500 });
    const [out, report] = await Promise.all([text(child.stdout), readReport(child)]);
    expect(parseLines(out)).toHaveLength(10_000);
    expect(report).toMatchObject({ forwarded: 10_000, held: 0, dropped: {}, logged: [] });
  });

  test('a reader that stalls costs records beyond the queue, never the event loop', async () => {
    const child = start('"$@" | sleep 30', { batches: 40, recordsPerBatch: 1_000, deadlineMs: 100 });
    const report = await readReportBeforeEnd(child);
    expect(report.dropped['queue_full']).toBeGreaterThan(10_000);
    expect(report.dropped['deadline']).toBeGreaterThan(5_000);
    expect(report.accountedFor).toEqual(report.received);
    expect(report.held).toBe(0);
    expect(report.blockedMs).toBeLessThan(2_000);
  });

  test('a slow reader gets whole lines of all that was forwarded', async () => {
    const child = start('"$@" | { dd bs=1 count=1 2>/dev/null; sleep 0.7; cat; }', {
      batches: 20,
      recordsPerBatch: 1_000,
      deadlineMs: 5_000,
    });
    const [out, report] = await Promise.all([text(child.stdout), readReport(child)]);
    expect(report.dropped['queue_full']).toBeGreaterThan(0);
    expect(parseLines(out)).toHaveLength(report.forwarded);
    expect(report.accountedFor).toEqual(report.received);
  });

  test('a reader that goes away costs the rest, is said once, and ends nothing', async () => {
    const child = start('"$@" | head -n 3', { batches: 30, recordsPerBatch: 300 });
    const [out, report] = await Promise.all([text(child.stdout), readReport(child)]);
    expect(parseLines(out)).toHaveLength(3);
    expect(report.dropped['write_failed']).toBeGreaterThan(0);
    expect(report.logged).toEqual(['Records cannot be written']);
    expect(report.accountedFor).toEqual(report.received);
  });

  test('a full device as stdout is counted', async () => {
    const child = start('"$@" >/dev/full', { batches: 3, recordsPerBatch: 10 });
    expect((await readReport(child)).dropped).toEqual({ write_failed: 30 });
  });

  /** The reader lives on, so that the pipe stays full: waits for the report's line, not for the end of stderr. */
  async function readReportBeforeEnd(child: Child): Promise<Report> {
    let collected = '';
    for await (const piece of child.stderr) {
      collected += String(piece);
      if (collected.includes('\n')) break;
    }
    return JSON.parse(collected) as Report;
  }
});

describe('to a file', () => {
  test('has every record, and nothing of what the file held before', async () => {
    const file = join(folder, 'flows.ndjson');
    for (let run = 0; run < 2; run++) {
      const child = start('"$@"', { file, batches: 20, recordsPerBatch: 500 });
      expect(await readReport(child)).toMatchObject({ forwarded: 10_000, dropped: {} });
    }
    expect(parseLines(readFileSync(file, 'utf8'))).toHaveLength(10_000);
  });

  test('a full device is counted and said once', async () => {
    const child = start('"$@"', { file: '/dev/full', batches: 5, recordsPerBatch: 10 });
    const report = await readReport(child);
    expect([report.dropped, report.logged]).toEqual([{ write_failed: 50 }, ['Records cannot be written']]);
  });

  test('that cannot be opened is a configuration error', async () => {
    const sink = new FileSink(join(folder, 'missing', 'flows.ndjson'));
    const writer = new RecordWriter({ format: NDJSON_FORMAT, framesOf: toFrameCount, sink, log: SILENT_LOG });
    await expect(writer.start()).rejects.toMatchObject({ code: 'OUTPUT_FILE_UNWRITABLE', exitCode: 2 });
    writer.accept(createSampleRecords(1));
    expect([...writer.account().dropped.keys()]).toEqual(['stopped']);
  });

  test('that is cut by a log rotation goes on at its new end', async () => {
    const file = join(folder, 'flows.ndjson');
    const sink = new FileSink(file);
    await sink.open();
    await sink.write(Buffer.from('one\n'));
    await once(spawn('truncate', ['-s', '0', file]), 'close');
    await sink.write(Buffer.from('two\n'));
    await sink.close();
    expect(readFileSync(file, 'utf8')).toBe('two\n');
    expect(await sink.write(Buffer.from('three\n'))).toBeInstanceOf(Error);
  });
});

describeWithRights('to a file on a full disk', ['unshare', 'mount'], () => {
  test('what was written in part is taken back, and it goes on when there is room again', async () => {
    const file = join(folder, 'flows');
    const line = [
      `mount -t tmpfs -o size=256k podflow-test '${folder}' && head -c 131072 /dev/zero >'${folder}/ballast'`,
      // Room is made once the disk has been full for a while.
      `{ until [ "$(stat -c %s '${file}' || echo 0)" -gt 120000 ]; do sleep 0.05; done; sleep 0.3; rm '${folder}/ballast'; } 2>&- &`,
      `"$@"; wait; cat '${file}'`,
    ].join('\n');
    const child = start(line, { file, batches: 150, recordsPerBatch: 7 }, ['unshare', '-m']);
    const [out, report] = await Promise.all([text(child.stdout), readReport(child)]);
    expect(out.length).toBeGreaterThan(131_072);
    expect(parseLines(out)).toHaveLength(report.forwarded);
    expect(report.dropped['write_failed']).toBeGreaterThan(0);
    expect(report.logged.slice(0, 2)).toEqual(['Records cannot be written', 'Records are written again']);
    expect(report.accountedFor).toEqual(report.received);
  });
});
