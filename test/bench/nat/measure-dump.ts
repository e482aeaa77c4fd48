import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { BENCH_ENTRIES } from './bulk-entries.ts';

export interface DumpFigures {
  readonly seconds: readonly number[];
  /** The longest that the event loop was held up in each. */
  readonly blockMs: readonly number[];
}

/** Reads all entries of the namespace into new mirrors, after one in which the code was compiled. */
export async function measureDump(namespacePath: string, rounds: number): Promise<DumpFigures> {
  const seconds: number[] = [];
  const blockMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const mirror = new ConntrackMirror({ source: 'netlink', namespacePath }, SILENT_LOG);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await mirror.start();
    delay.disable();
    const { entries, lastDumpSeconds = NaN } = mirror.counters();
    await mirror.stop();
    assert.equal(entries, BENCH_ENTRIES);
    if (round === -1) continue;
    seconds.push(lastDumpSeconds);
    blockMs.push(delay.max / 1e6 - 1);
  }
  return { seconds, blockMs };
}
