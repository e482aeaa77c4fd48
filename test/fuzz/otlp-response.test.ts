import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  parseJsonLogsResponse,
  parseLogsResponse,
  parseStatusMessage,
  type LogsResponse,
} from '../../src/otlp/response-parser.ts';
import { parseRetryAfter } from '../../src/lib/retry-after.ts';
import { encodeProtobuf } from '../support/otlp-decoder.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const FIXTURE = new URL('../fixtures/otlp/otlp-logs-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  vectors: { json: object; protobuf_base64: string }[];
};
/** Bytes that decide something in protobuf, JSON or text: tags, lengths, ends of varints, quotes, brackets. */
const TELLING = [0x00, 0x08, 0x0a, 0x12, 0x7f, 0x80, 0xff, 0x0b, 0x0c, 0x22, 0x7b, 0x7d, 0x5b, 0x0d, 0xc3, 0xed];

type Random = ReturnType<typeof seededRandom>;

/** Responses of every kind, whole, cut, spoiled and made up. */
class ResponseMaker {
  readonly #random: Random;
  readonly #seeds: readonly Buffer[] = [
    ...vectors.map(({ protobuf_base64: text }) => Buffer.from(text, 'base64')),
    ...vectors.map(({ json }) => Buffer.from(JSON.stringify(json))),
    Buffer.from('Sat, 21 Nov 2026 11:00:04 GMT'),
    Buffer.from('<html>502 Bad Gateway</html>'),
  ];

  constructor(random: Random) {
    this.#random = random;
  }

  make(): Buffer {
    const random = this.#random;
    if (random(4) === 0) return this.#fill(Buffer.alloc(random(40)));
    const bytes = Buffer.from(this.#seeds[random(this.#seeds.length)] ?? []);
    for (let spoils = random(4); spoils > 0 && bytes.length > 0; spoils--) bytes[random(bytes.length)] = this.#byte();
    return random(3) === 0 ? bytes.subarray(random(bytes.length + 1)) : bytes.subarray(0, bytes.length - random(3));
  }

  #fill(bytes: Buffer): Buffer {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte();
    return bytes;
  }

  #byte(): number {
    return this.#random(2) === 0 ? (TELLING[this.#random(TELLING.length)] ?? 0) : this.#random(256);
  }
}

function isLine(text: string): boolean {
  return text.length <= 200 && !/[\r\n\u2028\u2029\0]/.test(text);
}

function isPlausible(response: LogsResponse | undefined): boolean {
  if (response === undefined) return true;
  const { rejectedRecords, message } = response;
  return Number.isInteger(rejectedRecords) && rejectedRecords >= 0 && rejectedRecords < 2 ** 63 && isLine(message);
}

/** JSON.parse refuses all else at its first byte, which costs an Error each time: a part of it is enough. */
function mayBeJson(body: Buffer): boolean {
  return body.length === 0 || body[0] === 0x7b || body[0] === 0x5b || (body[0] ?? 0) % 16 === 0;
}

/** Whether all that can be read from a receiver gives what it may give. Throws only when a parser does. */
function holds(body: Buffer): boolean {
  const copy = Buffer.from(body);
  const retryAfterMs = parseRetryAfter(body.toString('latin1'), 1.7e12);
  return (
    isPlausible(parseLogsResponse(body)) &&
    (!mayBeJson(body) || isPlausible(parseJsonLogsResponse(body))) &&
    isLine(parseStatusMessage(body) ?? '') &&
    (retryAfterMs === undefined || retryAfterMs >= 0) &&
    copy.equals(body)
  );
}

describe('fuzz: responses of a receiver', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(
    `whatever comes, nothing is thrown and nothing implausible is read (FUZZ_SEED=${seed})`,
    () => {
      const maker = new ResponseMaker(seededRandom(seed));
      const endMs = performance.now() + SECONDS * 1_000;
      let inputs = 0;
      let slowestMs = 0;
      for (let startMs = performance.now(); startMs < endMs; startMs = performance.now()) {
        for (let i = 0; i < 500; i++, inputs++) {
          const body = maker.make();
          if (!holds(body)) throw new Error(`implausible: ${body.toString('base64')}`);
        }
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
      }
      process.stderr.write(`otlp responses: ${inputs} inputs, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThan(SECONDS >= 60 ? 1_000_000 : 4_000 * SECONDS);
      expect(slowestMs).toBeLessThan(1_000);
    },
    SECONDS * 1_000 + 20_000,
  );

  test(`what protobufjs writes is read back (FUZZ_SEED=${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < 5_000; i++) {
      const rejected = BigInt(random(2 ** 32)) << BigInt(random(20));
      const errorMessage = 'é🐝x'.repeat(random(40));
      const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage };
      const response = parseLogsResponse(encodeProtobuf('ExportLogsServiceResponse', { partialSuccess }));
      expect(response?.rejectedRecords).toBe(Number(rejected));
      expect(errorMessage.startsWith(response?.message ?? '-')).toBe(true);
    }
  });
});
