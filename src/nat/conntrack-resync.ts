import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { DumpReason } from '../model/conntrack-counters.ts';
import type { ConntrackSource } from './conntrack-source.ts';
import type { ConntrackTable } from './conntrack-table.ts';
import { toStartMs } from './monotonic-time.ts';

/** Of one turn of the event loop. */
const SWEEP_BUDGET_MS = 4;
/** Dumps of one resync, when the kernel calls them inconsistent. */
const MAX_ATTEMPTS = 5;
/** Before a dump, as a multiple of how long the last one took: lasting overload must not become all dump. */
const PAUSE_FACTOR = 3;
const MIN_PAUSE_MS = 100;

/** Brings the table in step with the kernel by dumps: one at a time, at the start, after a loss, and from time to time. */
export class ConntrackResync {
  readonly dumpsByReason: Record<DumpReason, number> = { start: 0, overrun: 0, periodic: 0 };
  interruptions = 0;
  lastSeconds: number | undefined;
  readonly #table: ConntrackTable;
  readonly #everyMs: number;
  readonly #onFailure: () => void;
  #source: ConntrackSource | undefined;
  #wanted: DumpReason | undefined;
  #isInStep = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #notBeforeMs = -Infinity;
  #abort = new AbortController();

  constructor(table: ConntrackTable, everyMs: number, onFailure: () => void) {
    this.#table = table;
    this.#everyMs = everyMs;
    this.#onFailure = onFailure;
  }

  /** A dump was completed, and no event was lost since. */
  get isSynchronised(): boolean {
    return this.#isInStep;
  }

  use(source: ConntrackSource): void {
    this.#source = source;
    this.#isInStep = false;
  }

  stop(): void {
    this.#source = undefined;
    this.#wanted = undefined;
    this.#isInStep = false;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  /** Resolves when the table is in step, or that was given up. */
  async request(reason: DumpReason): Promise<void> {
    if (reason === 'overrun') this.#isInStep = false;
    if (reason === 'overrun' || this.#wanted === undefined) this.#wanted = reason;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    await this.#running;
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  /** Marks all entries as ended. */
  async forgetAll(): Promise<void> {
    await this.#running;
    this.#table.beginDump(performance.now());
    this.#table.endDump();
    await this.#sweep();
  }

  async #run(): Promise<void> {
    while (this.#wanted !== undefined && this.#source !== undefined) {
      clearTimeout(this.#timer);
      if (this.#wanted !== 'start') await this.#pause();
      // Stopped, or put to another source meanwhile.
      const reason = this.#wanted;
      this.#wanted = undefined;
      if (reason !== undefined && this.#source !== undefined) await this.#resync(this.#source, reason);
    }
    if (this.#source !== undefined)
      this.#timer = setTimeout(() => void this.request('periodic'), this.#everyMs).unref();
  }

  async #pause(): Promise<void> {
    const pauseMs = this.#notBeforeMs - performance.now();
    const { signal } = this.#abort;
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }

  async #resync(source: ConntrackSource, reason: DumpReason): Promise<void> {
    this.dumpsByReason[reason]++;
    // After a loss the kernel drops events silently until its queue was once empty: that comes first.
    await source.settle();
    if (source !== this.#source) return;
    // What was lost up to here the dump will tell.
    this.#wanted = undefined;
    const startMs = performance.now();
    const outcome = await this.#dump(source);
    const endMs = performance.now();
    this.lastSeconds = (endMs - startMs) / 1e3;
    this.#notBeforeMs = endMs + Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (endMs - startMs));
    await source.settle();
    this.#table.endDump();
    if (source !== this.#source) return;
    if (outcome === 'failed') return this.#onFailure();
    // Of an inconsistent dump it is not known whether what it did not tell is gone.
    if (outcome === 'complete') await this.#sweep();
    this.#isInStep = this.#wanted !== 'overrun' && source === this.#source;
  }

  async #dump(source: ConntrackSource): Promise<'complete' | 'interrupted' | 'failed'> {
    for (let attempt = 1; ; attempt++) {
      this.#table.beginDump(performance.now());
      const outcome = await source.dump((entry) => {
        const nowMs = performance.now();
        this.#table.addDumped(entry, toStartMs(entry.startNs, -Infinity, nowMs), nowMs);
      });
      if (outcome !== 'interrupted') return outcome;
      this.interruptions++;
      if (attempt === MAX_ATTEMPTS || source !== this.#source) return outcome;
    }
  }

  async #sweep(): Promise<void> {
    while (!this.#table.sweep(SWEEP_BUDGET_MS)) await nextTurn();
  }
}
