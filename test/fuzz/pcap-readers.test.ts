import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ByteWindow } from '../../src/capture/file/byte-window.ts';
import { CapturedFrame, LONGEST_RECORD_BYTES } from '../../src/capture/file/capture-reader.ts';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { PcapReader } from '../../src/capture/file/pcap-reader.ts';
import { PcapngReader } from '../../src/capture/file/pcapng-reader.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { PodflowError } from '../../src/lib/podflow-error.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const FOLDER = new URL('../fixtures/captures/', import.meta.url);
/** Shares of the time. */
const SHARE = { pcap: 0.35, pcapng: 0.55, files: 0.1 } as const;

function readSeeds(pattern: RegExp): Buffer[] {
  const names = readdirSync(FOLDER).filter((name) => pattern.test(name));
  // Short files: damage is then nearer to the headers.
  return names.map((name) => readFileSync(new URL(name, FOLDER)).subarray(0, 1200));
}

const FORMATS = [
  { name: 'pcap', Reader: PcapReader, seeds: readSeeds(/\.pcap$/) },
  { name: 'pcapng', Reader: PcapngReader, seeds: readSeeds(/\.pcapng$/) },
] as const;

/** Reads to the end or to what is broken; returns the number of packets. */
function readAll(file: Uint8Array, Reader: typeof PcapReader | typeof PcapngReader): number {
  const reader = new Reader();
  const frame = new CapturedFrame();
  const window = new ByteWindow(file);
  let frames = 0;
  for (let steps = 0; ; steps++) {
    const step = reader.next(window, frame);
    if (step === 'broken' && reader.problem !== '') return frames;
    const isMore = step === 'more' && reader.neededBytes > window.length;
    if (isMore && reader.neededBytes <= LONGEST_RECORD_BYTES + 64) return frames;
    const isInside = frame.start <= frame.end && frame.end <= file.length && frame.originalBytes >= 0;
    const isTime = Number.isFinite(frame.seconds) && frame.nanoseconds >= 0;
    const isProgress = reader.consumedBytes > 0 && steps <= file.length;
    if (step === 'broken' || step === 'more' || !isInside || !isTime || !isProgress)
      expect({ step, frame, consumed: reader.consumedBytes }).toEqual('a step within the file');
    if (step === 'frame') frames++;
    if (reader.consumedBytes > window.length) return frames;
    window.start += reader.consumedBytes;
  }
}

describe('fuzz: capture files', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-fuzz-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(FORMATS)(
    '$name: damaged files are read or refused, nothing is thrown',
    ({ name, Reader, seeds }) => {
      const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
      const mutator = new ByteMutator(seededRandom(seed), seeds);
      const seconds = SECONDS * SHARE[name];
      const endMs = Date.now() + seconds * 1000;
      let [inputs, frames] = [0, 0];
      try {
        for (; inputs % 256 !== 0 || Date.now() < endMs; inputs++) frames += readAll(mutator.next(), Reader);
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed} fails`, { cause: error });
      }
      process.stderr.write(`${name}: ${inputs} inputs, ${frames} packets, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(10_000 * seconds);
      expect(frames).toBeGreaterThan(inputs);
    },
    SECONDS * 1000 + 20_000,
  );

  test(
    'damaged files end in their end or in CAPTURE_FILE_UNREADABLE, in bounded time',
    async () => {
      const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
      const mutator = new ByteMutator(seededRandom(seed), [...FORMATS[0].seeds, ...FORMATS[1].seeds]);
      const endMs = Date.now() + SECONDS * 1000 * SHARE.files;
      const path = join(folder, 'damaged');
      let inputs = 0;
      for (; Date.now() < endMs; inputs++) {
        writeFileSync(path, mutator.next());
        const outcome = await replay(path).catch((error: unknown) => error);
        if (outcome instanceof PodflowError) expect(outcome.code).toBe('CAPTURE_FILE_UNREADABLE');
        else expect(outcome).toBe('read');
      }
      process.stderr.write(`files: ${inputs} inputs, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(20);
    },
    SECONDS * 1000 + 20_000,
  );
});

async function replay(path: string): Promise<string> {
  const sink = new CollectingSink();
  const backend = new FileBackend({ path, intervalMs: 10_000, maxFlows: 64 }, SILENT_LOG);
  await backend.start(sink);
  await backend.done;
  const { attributedFrames } = backend.counters();
  const told = sink.all().reduce((sum, { sides }) => sum + sides[0].frames + sides[1].frames, 0);
  return told === attributedFrames ? 'read' : `${told} of ${attributedFrames} frames told`;
}
