import assert from 'node:assert/strict';
import { UDP } from '../../support/conntrack-entries.ts';
import { TUPLE, TUPLE_WORDS } from '../../../src/nat/conntrack-entry.ts';
import type { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { EntryMatch } from '../../../src/nat/entry-match.ts';
import { BENCH_ENTRIES, toClientWord } from './bulk-entries.ts';

const WARM_UP_ROUNDS = 10;
/** Prime to the number of entries: a walk over all that jumps about. */
const STEP = 79_193;

/** Lookups of every entry in an order that no cache likes, per second of CPU time; the code was compiled before. */
export function measureLookups(mirror: ConntrackMirror, rounds: number): number[] {
  const tuple = new Uint32Array(TUPLE_WORDS);
  tuple[TUPLE.destination] = 0x0a600001;
  tuple[TUPLE.ports] = (1_000 << 16) | 53;
  const match = new EntryMatch();
  const nowMs = performance.now();
  const time = { startMs: nowMs, endMs: nowMs, isFirst: false };
  const rates: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const start = process.cpuUsage();
    let found = 0;
    for (let i = 0, n = 0; i < BENCH_ENTRIES; i++, n = (n + STEP) % BENCH_ENTRIES) {
      tuple[TUPLE.source] = toClientWord(n);
      if (mirror.resolve(tuple, false, UDP, time, match) && match.isTranslated) found++;
    }
    const { user, system } = process.cpuUsage(start);
    assert.equal(found, BENCH_ENTRIES);
    if (round >= 0) rates.push(Math.round(BENCH_ENTRIES / ((user + system) / 1e6)));
  }
  return rates;
}
