import { randomInt } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { EvidenceTally } from '../../src/evidence/evidence-tally.ts';
import { inflateIfGzip } from '../../src/evidence/inflate-if-gzip.ts';
import type { LogFormat } from '../../src/evidence/line-parser.ts';
import { LogReader } from '../../src/evidence/log-reader.ts';
import { toEvidenceSummary } from '../../src/evidence/to-evidence-summary.ts';
import { parseVpcFormat } from '../../src/evidence/vpc-layout.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { AGENT_CLOUDWATCH_LINES, AGENT_FILE_LINES, AGENT_SAMPLES, VPC_SAMPLES } from '../support/aws-log-samples.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const ROUND = 250;
const FILE_SHARE = 0.3;
const NOW_NS = Date.UTC(2026, 0, 1) * 1e6;

const AGENT_LINES = [...AGENT_FILE_LINES, ...AGENT_CLOUDWATCH_LINES].map(({ line }) => line.replace('ACCEPT', 'DENY'));
const ENVELOPES = AGENT_LINES.map((msg) => JSON.stringify({ level: 'info', ts: '2023-10-04T20:02:43.123Z', msg }));
const VPC_LINES = VPC_SAMPLES.samples.map(({ line }) => line.replace('ACCEPT', 'REJECT'));
const VPC_FILES = VPC_SAMPLES.samples.map(({ format, line }) => `${format}\n${line.replace('ACCEPT', 'REJECT')}\n`);

const TEXT = /^[\w .:/-]*$/;
/** Another reading of lines without an envelope, by expressions that are not those under test. */
const VERDICTS = [AGENT_SAMPLES.regex, AGENT_SAMPLES.cloudwatch_regex].map((source) => new RegExp(source));

function isWithinBounds(record: FlowRecord): boolean {
  const { sourcePort: from = 0, destinationPort: to = 0, dropPackets: packets = 0, dropBytes: bytes = 0 } = record;
  const { startNs, endNs, intervalStartNs, intervalEndNs, protocolNumber } = record;
  const isCount = [packets, bytes].every((count) => Number.isSafeInteger(count) && count >= 0);
  const isPort = [from, to].every((port) => Number.isInteger(port) && port >= 0 && port <= 65_535);
  const isTime = startNs >= 0 && startNs <= endNs && endNs < 2 ** 63;
  const isInterval = intervalStartNs <= startNs && startNs < intervalEndNs;
  const isTuple = protocolNumber >= 0 && protocolNumber <= 255 && /^1:[\w+/]{27}=$/.test(record.communityId);
  return isCount && isPort && isTime && isInterval && isTuple && TEXT.test(record.dropDetail ?? '-');
}

/** Reads texts as one log; returns what it told. */
class Reading {
  readonly tally = new EvidenceTally();
  readonly #reader: LogReader;

  constructor(format: LogFormat, fields: string | undefined) {
    const given = fields === undefined ? undefined : parseVpcFormat(fields);
    const layout = given === undefined || 'problem' in given ? undefined : given;
    const options = { path: 'fuzz', format, layout, intervalMs: 10_000, nowNs: () => NOW_NS };
    this.#reader = new LogReader(options, this.tally, SILENT_LOG);
  }

  read(bytes: Uint8Array): readonly FlowRecord[] {
    const records = [...this.#reader.read(Buffer.from(bytes)), ...this.#reader.endFile()];
    for (const record of records) if (!isWithinBounds(record)) expect(record).toBe('a record within its bounds');
    return records;
  }

  expectBalance(): void {
    expect(toEvidenceSummary(this.tally)).toMatchObject({ unexplainedLines: 0 });
  }
}

/** Runs rounds for the time there is; returns how many inputs that were. */
function runRounds(seed: number, seconds: number, round: () => void): number {
  let inputs = 0;
  try {
    for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs; inputs += ROUND)
      for (let i = 0; i < ROUND; i++) round();
  } catch (error) {
    throw new Error(`FUZZ_SEED=${seed} fails`, { cause: error });
  }
  return inputs;
}

describe("fuzz: others' logs", () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
  const seconds = (SECONDS * (1 - FILE_SHARE)) / 2;

  test(
    `verdicts of the policy agent: nothing is thrown, every line counts, what is told was said (FUZZ_SEED=${seed})`,
    () => {
      const seeds = [...AGENT_LINES, ...ENVELOPES].map((line) => Buffer.from(line));
      const mutator = new ByteMutator(seededRandom(seed), seeds);
      const reading = new Reading('auto', undefined);
      let told = 0;
      const inputs = runRounds(seed, seconds, () => {
        const bytes = mutator.next();
        const records = reading.read(bytes);
        told += records.length;
        const text = Buffer.from(bytes).toString();
        const isSaid = text.split('\n').some((line) => VERDICTS.some((verdict) => verdict.test(line.trim())));
        if (records.length > 0 && !isSaid && !text.includes('{')) expect(text).toBe('a verdict of the agent');
      });
      reading.expectBalance();
      process.stderr.write(`agent lines: ${inputs} inputs, ${told} records, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(200 * SECONDS);
      expect(told).toBeGreaterThan(inputs / 20);
    },
    SECONDS * 1_000 + 20_000,
  );

  test(
    `records of VPC flow logs, with damaged headers and formats: the same (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const lines = new ByteMutator(
        random,
        VPC_LINES.map((line) => Buffer.from(line)),
      );
      const files = new ByteMutator(
        random,
        VPC_FILES.map((file) => Buffer.from(file)),
      );
      const formats = new ByteMutator(random, [Buffer.from(VPC_SAMPLES.default_format_aws_template)]);
      const headless = new Reading('vpc-flow-log', 'default');
      const headed = new Reading('auto', undefined);
      let told = 0;
      const inputs = runRounds(seed, seconds, () => {
        told += headless.read(lines.next()).length + headed.read(files.next()).length;
        if (random(50) === 0) new Reading('auto', Buffer.from(formats.next()).toString()).read(lines.next());
      });
      headless.expectBalance();
      headed.expectBalance();
      process.stderr.write(`VPC records: ${inputs} inputs, ${told} records, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(200 * SECONDS);
      expect(told).toBeGreaterThan(inputs / 20);
    },
    SECONDS * 1_000 + 20_000,
  );

  test(
    `packed files end in their end or in an error (FUZZ_SEED=${seed})`,
    async () => {
      const text = VPC_FILES.join('').repeat(4);
      const packed = [gzipSync(text), Buffer.concat([gzipSync(text), gzipSync(AGENT_LINES.join('\n'))])];
      const mutator = new ByteMutator(seededRandom(seed), packed);
      const reading = new Reading('auto', undefined);
      let inputs = 0;
      for (const endMs = performance.now() + SECONDS * 1_000 * FILE_SHARE; performance.now() < endMs; inputs++) {
        const bytes = Buffer.from(mutator.next());
        try {
          for await (const chunk of inflateIfGzip(piecesOf(bytes))) reading.read(chunk);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^Z_/) });
        }
      }
      reading.expectBalance();
      process.stderr.write(`packed logs: ${inputs} inputs, ${reading.tally.records} records, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(20 * SECONDS);
    },
    SECONDS * 1_000 + 20_000,
  );
});

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += 256) yield bytes.subarray(at, at + 256);
}
