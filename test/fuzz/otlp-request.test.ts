import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { LogsDecoder } from '../../src/otlp/receive/logs-decoder.ts';
import type { LogsRequest, OtlpEncoding } from '../../src/otlp/receive/logs-request.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { decodeRaw, type LogsRequest as Content } from '../support/otlp-decoder.ts';
import {
  createFullRecord,
  encodeContent,
  encodeFlows,
  ENCODINGS,
  expectRequest,
  toContent,
} from '../support/otlp-requests.ts';
import { createSampleRecord } from '../support/otlp-sample-records.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
/** On a busy machine it takes longer than that. */
const LEAST_INPUTS = SECONDS >= 60 ? 1_000_000 : 4_000 * SECONDS;
const FIXTURE = new URL('../fixtures/otlp/otlp-logs-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  vectors: { type: string; json: object; protobuf_base64: string }[];
};
const ODD_CONTENT = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'a', value: { kvlistValue: { values: [{ key: 'b' }] } } }] },
      scopeLogs: [
        {
          scope: { name: 'é' },
          logRecords: [
            { eventName: 'network.flow', flags: 1, attributes: [{ key: 'source.port', value: { boolValue: true } }] },
            { body: { arrayValue: { values: [{ doubleValue: 0.5 }, { intValue: '-1' }] } } },
          ],
          schemaUrl: 'x',
        },
      ],
    },
  ],
};

const SMALL_FLOW = {
  timeUnixNano: '1795258800000000000',
  eventName: 'network.flow',
  attributes: [
    { key: 'source.address', value: { stringValue: '10.0.0.1' } },
    { key: 'flow.bytes.delta', value: { intValue: '1234567' } },
    { key: 'flow.nat.state', value: { stringValue: 'none' } },
    { key: 'x', value: { stringValue: '\u0001\ud83d\udc1d' } },
  ],
  traceId: '0102030405060708090a0b0c0d0e0f10',
};

/** Small for the most part: of a large request a mutation is refused more often, and takes longer to be. */
function createSeeds(encoding: OtlpEncoding): Buffer[] {
  const requests = vectors.filter(({ type }) => type === 'ExportLogsServiceRequest');
  const small = [ODD_CONTENT, toContent(SMALL_FLOW), toContent(SMALL_FLOW, {}, SMALL_FLOW)];
  const seeds = small.map((content) => encodeContent(encoding, content));
  if (encoding === 'json') return [...seeds, Buffer.from(JSON.stringify(ODD_CONTENT, undefined, 1))];
  const real = requests.map(({ protobuf_base64: text }) => Buffer.from(text, 'base64'));
  const flows = [createSampleRecord(1), createFullRecord()];
  return [...seeds, ...real, encodeFlows(encoding, flows)];
}

interface Counts {
  readonly records: number;
  readonly flows: number;
}

/**
 * Log records, and flows among them, by a reader that is not under test; undefined when that cannot read them.
 * protobufjs reads no varint of 6 to 9 bytes as a bool, a 32-bit number, a tag or a length.
 */
function countIndependently(encoding: OtlpEncoding, bytes: Uint8Array): Counts | undefined {
  try {
    return count(encoding, bytes);
  } catch {
    return undefined;
  }
}

function count(encoding: OtlpEncoding, bytes: Uint8Array): Counts {
  const content = encoding === 'json' ? (JSON.parse(Buffer.from(bytes).toString()) as Content) : decodeRaw(bytes);
  const records = (content.resourceLogs ?? []).flatMap((each) =>
    (each?.scopeLogs ?? []).flatMap((scopeLogs) => scopeLogs?.logRecords ?? []),
  );
  return { records: records.length, flows: records.filter(({ eventName }) => eventName === 'network.flow').length };
}

function translate(flow: FlowRecord, random: (limit: number) => number): void {
  if (random(4) === 0) return;
  flow.natState = 'translated';
  flow.natDestinationAddress = '10.0.0.1';
  flow.natDestinationPort = 8080;
  if (random(2) === 0) [flow.sourceAddress, flow.destinationAddress] = [flow.destinationAddress, flow.sourceAddress];
  if (random(8) === 0) flow.verdict = 'dropped';
}

/** The independent reader is at its limits. */
const UNREADABLE = 'unreadable';

/** What is wrong with a request that was decoded; undefined when nothing is. */
async function findFault(
  encoding: OtlpEncoding,
  request: LogsRequest,
  bytes: Buffer,
  decoder: LogsDecoder,
  random: (limit: number) => number,
): Promise<string | undefined> {
  const expected = countIndependently(encoding, bytes);
  if (expected === undefined) return encoding === 'protobuf' ? UNREADABLE : 'JSON.parse refuses it';
  if (request.recordCount !== expected.records) return `${expected.records} records, not ${request.recordCount}`;
  if (request.flows.length !== expected.flows) return `${expected.flows} flows, not ${request.flows.length}`;
  if (!bytes.equals(await request.rewrite())) return 'an unchanged request is rewritten otherwise';
  for (const flow of request.flows) translate(flow, random);
  const rewritten = Buffer.from(await request.rewrite());
  const counted = countIndependently(encoding, rewritten);
  if (counted?.records !== expected.records || counted.flows !== expected.flows)
    return 'records were lost in rewriting';
  const again = expectRequest(await decoder.decode(encoding, rewritten));
  const differs = again.flows.findIndex((flow, i) => JSON.stringify(flow) !== JSON.stringify(request.flows[i]));
  decoder.release(again);
  return differs < 0 ? undefined : `flow ${differs} is another after rewriting`;
}

describe.each(ENCODINGS)('fuzz: requests in %s', (encoding) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(
    `nothing is thrown, and what is taken is taken and rewritten as others read it (FUZZ_SEED=${seed})`,
    async () => {
      const random = seededRandom(seed);
      const mutator = new ByteMutator(random, createSeeds(encoding));
      const decoder = new LogsDecoder();
      const endMs = performance.now() + SECONDS * 1_000;
      let inputs = 0;
      let taken = 0;
      let unreadable = 0;
      let slowestMs = 0;
      const isDue = (): boolean => performance.now() >= endMs && inputs >= LEAST_INPUTS;
      for (let startMs = performance.now(); !isDue(); startMs = performance.now()) {
        for (let i = 0; i < 200; i++, inputs++) {
          const bytes = Buffer.from(mutator.next());
          const outcome = await decoder.decode(encoding, bytes);
          const fail = (fault: string): never => {
            throw new Error(`${fault}: ${bytes.toString('base64')}`);
          };
          if (outcome.kind === 'request') {
            taken++;
            const { request } = outcome;
            // The independent reading takes longer than all else.
            const fault =
              random(4) > 0 ? undefined : await findFault(encoding, request, bytes, decoder, random).catch(String);
            if (fault === UNREADABLE) unreadable++;
            else if (fault !== undefined) fail(fault);
            decoder.release(request);
          } else if (outcome.kind !== 'invalid' || outcome.message === '') fail(outcome.kind);
          else if (encoding === 'json' && random(8) === 0 && /no JSON|cut off/.test(outcome.message) && isJson(bytes))
            fail(outcome.message);
        }
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
      }
      process.stderr.write(`otlp requests, ${encoding}: ${inputs} inputs, ${taken} taken, FUZZ_SEED=${seed}\n`);
      expect(taken / inputs).toBeGreaterThan(0.05);
      expect(unreadable / taken).toBeLessThan(0.005);
      expect(slowestMs).toBeLessThan(1_000);
    },
    4 * SECONDS * 1_000 + 20_000,
  );
});

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
