import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ConntrackEntry } from '../../src/nat/conntrack-entry.ts';
import { ConntrackTable } from '../../src/nat/conntrack-table.ts';
import { decodeConntrackMessage } from '../../src/nat/decode-conntrack-message.ts';
import { EntryMatch } from '../../src/nat/entry-match.ts';
import { AddressParser } from '../../src/nat/parse-address.ts';
import { parseConntrackLine } from '../../src/nat/parse-conntrack-line.ts';
import { readMessages } from '../../src/nat/read-messages.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const FOLDER = new URL('../fixtures/conntrack/', import.meta.url);
const ROUND = 2_000;
const MAX_ENTRIES = 3_000;

interface Recorded {
  readonly events: { readonly messages: readonly string[]; readonly lines: readonly string[] };
  readonly dump: { readonly messages: readonly string[]; readonly lines: readonly string[] };
}

const { events, dump } = JSON.parse(readFileSync(new URL('conntrack-messages.json', FOLDER), 'utf8')) as Recorded;

/** Entries of either decoder, put into a table as whatever kind of news: it must stay in order. */
class EntryChecker {
  readonly table = new ConntrackTable({ maxEntries: MAX_ENTRIES, graceMs: 50 });
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #match = new EntryMatch();
  #nowMs = 0;

  constructor(random: ReturnType<typeof seededRandom>) {
    this.#random = random;
  }

  check(entry: ConntrackEntry): void {
    const { protocol, zone, id, tuples, isIpv6, startNs, eventNs } = entry;
    const isByte = protocol >= 0 && protocol <= 255;
    const isInRange =
      isByte && zone >= 0 && zone <= 65_535 && id >= 0 && id <= 0xffff_ffff && startNs >= 0 && eventNs >= 0;
    const isNarrow = isIpv6 || [1, 2, 3, 5, 6, 7, 10, 11, 12, 14, 15, 16].every((word) => tuples[word] === 0);
    if (!isInRange || !isNarrow) expect(entry).toBe('an entry within its bounds');
    this.#use(entry);
    const isLive = this.table.resolve(
      tuples,
      isIpv6,
      protocol,
      { startMs: 0, endMs: 1e9, isFirst: false },
      this.#match,
    );
    if (isLive && this.#match.isTranslated && !this.#match.isDelivered && this.#match.other.length !== 9)
      expect(this.#match).toBe('a match with a tuple');
  }

  #use(entry: ConntrackEntry): void {
    const nowMs = ++this.#nowMs;
    const time = { fromMs: nowMs - 5, toMs: nowMs };
    switch (this.#random(8)) {
      case 0:
      case 1:
        return this.table.end(entry, -Infinity, time);
      case 2:
        return this.table.update(entry, -Infinity, time);
      case 3:
        return this.table.addDumped(entry, -Infinity, nowMs);
      default:
        return this.table.add(entry, nowMs, time);
    }
  }

  /** Between rounds: expiry, dumps, and the table's own account. */
  settle(): void {
    const dice = this.#random(3);
    if (dice === 0) this.table.beginDump(this.#nowMs);
    if (dice === 1) {
      this.table.endDump();
      while (!this.table.sweep(50)) continue;
    }
    this.table.expire(this.#nowMs, 50);
    const { entries, endedEntries } = this.table;
    if (entries > MAX_ENTRIES || endedEntries > entries || endedEntries < 0)
      expect({ entries, endedEntries }).toBe('a table within its bounds');
  }
}

/** Runs rounds for the time there is; returns how many inputs that were. */
function runRounds(seed: number, checker: EntryChecker, round: () => void): number {
  const endMs = performance.now() + SECONDS * 1_000;
  let inputs = 0;
  try {
    for (; performance.now() < endMs; inputs += ROUND) {
      for (let i = 0; i < ROUND; i++) round();
      checker.settle();
    }
  } catch (error) {
    throw new Error(`FUZZ_SEED=${seed} fails`, { cause: error });
  }
  return inputs;
}

describe('fuzz: conntrack', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
  const least = SECONDS >= 60 ? 1_000_000 : 4_000 * SECONDS;

  test(
    `netlink messages: nothing is thrown, nothing out of bounds is told (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const checker = new EntryChecker(random);
      const seeds = [...events.messages, ...dump.messages].map((text) => Buffer.from(text, 'base64'));
      const mutator = new ByteMutator(random, [...seeds, Buffer.concat(seeds.slice(0, 3))]);
      const entry = new ConntrackEntry();
      let told = 0;
      const inputs = runRounds(seed, checker, () => {
        const bytes = Buffer.from(mutator.next());
        const before = bytes[bytes.length - 1];
        readMessages(bytes, 0, bytes.length, (_type, _flags, _sequence, at, end) => {
          if (!decodeConntrackMessage(bytes, at, end, entry)) return true;
          told++;
          checker.check(entry);
          return true;
        });
        if (bytes[bytes.length - 1] !== before) expect(bytes).toBe('left alone');
      });
      process.stderr.write(`conntrack messages: ${inputs} inputs, ${told} entries, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThanOrEqual(least);
      expect(told).toBeGreaterThan(inputs / 20);
    },
    SECONDS * 1_000 + 20_000,
  );

  test(
    `lines of the conntrack program: the same (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const checker = new EntryChecker(random);
      const samples = readFileSync(new URL('conntrack-lines.txt', FOLDER), 'latin1').split('\n');
      const lines = [...events.lines, ...dump.lines, ...samples].map((line) => Buffer.from(line, 'latin1'));
      const mutator = new ByteMutator(random, lines);
      const addresses = new AddressParser();
      const entry = new ConntrackEntry();
      let told = 0;
      const inputs = runRounds(seed, checker, () => {
        const text = Buffer.from(mutator.next()).toString('latin1');
        if (parseConntrackLine(text, entry, addresses) === undefined) return;
        told++;
        checker.check(entry);
      });
      process.stderr.write(`conntrack lines: ${inputs} inputs, ${told} entries, FUZZ_SEED=${seed}\n`);
      expect(inputs).toBeGreaterThanOrEqual(least);
      expect(told).toBeGreaterThan(inputs / 20);
    },
    SECONDS * 1_000 + 20_000,
  );
});
