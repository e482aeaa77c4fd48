import type { Log } from '../model/log.ts';
import type { ConntrackCounters, ConntrackEventKind } from '../model/conntrack-counters.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { CommandConntrackSource } from './command-conntrack-source.ts';
import type { ConntrackEntry } from './conntrack-entry.ts';
import type { ConntrackSource } from './conntrack-source.ts';
import { ConntrackTable } from './conntrack-table.ts';
import { ConntrackResync } from './conntrack-resync.ts';
import type { EntryMatch, RecordTime } from './entry-match.ts';
import type { EventTime } from './family-table.ts';
import { toStartMs } from './monotonic-time.ts';
import { NetlinkConntrackSource } from './netlink-conntrack-source.ts';

export interface ConntrackMirrorOptions {
  /** `auto`: netlink, else the `conntrack` program. `off`: nothing is read and nothing known. */
  readonly source?: 'auto' | 'netlink' | 'command' | 'off';
  /** Network namespace whose entries are mirrored; undefined for the own one. */
  readonly namespacePath?: string | undefined;
  /** 524,288 when absent. */
  readonly maxEntries?: number;
  /** How long an ended entry is kept for records that arrive later; 60 s when absent. */
  readonly graceMs?: number;
  /** How often all entries are read anew; 5 minutes when absent. */
  readonly resyncMs?: number;
  /** Kernel memory for events that wait; 64 MiB when absent. */
  readonly receiveBufferBytes?: number;
  /** How long to wait where no source works before trying again; 30 s when absent. */
  readonly retryMs?: number;
  /** Instead of those that `source` names. */
  readonly sources?: readonly ConntrackSource[];
}

const EXPIRE_EVERY_MS = 100;
const EXPIRE_BUDGET_MS = 2;
const CATCH_UP_BUDGET_MS = 5;

/**
 * Mirror of the conntrack entries of one network namespace. Without a source that works it knows nothing and tries
 * again every now and then; it raises nothing.
 */
export class ConntrackMirror {
  readonly #log: Log;
  readonly #sources: readonly ConntrackSource[];
  readonly #table: ConntrackTable;
  readonly #resync: ConntrackResync;
  readonly #retryMs: number;
  readonly #events: Record<ConntrackEventKind, number> = { new: 0, update: 0, destroy: 0 };
  #source: ConntrackSource | undefined;
  #malformed = 0;
  #overruns = 0;
  #hasWarned = false;
  #isStopped = true;
  #retryTimer: NodeJS.Timeout | undefined;
  #expireTimer: NodeJS.Timeout | undefined;

  constructor(options: ConntrackMirrorOptions, log: Log) {
    this.#log = log;
    this.#sources = options.sources ?? createSources(options);
    this.#retryMs = options.retryMs ?? 30_000;
    this.#table = new ConntrackTable({
      maxEntries: options.maxEntries ?? 524_288,
      graceMs: options.graceMs ?? 60_000,
    });
    this.#resync = new ConntrackResync(this.#table, options.resyncMs ?? 300_000, () => this.#giveUp('dump failed'));
  }

  /** Resolves when all entries are known, or no source works. */
  async start(): Promise<void> {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#expireTimer = setInterval(() => {
      this.#table.expire(performance.now(), EXPIRE_BUDGET_MS);
    }, EXPIRE_EVERY_MS).unref();
    await this.#connect();
  }

  /** Safe twice. What is known stays until it is forgotten as ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#expireTimer);
    const source = this.#source;
    this.#source = undefined;
    this.#resync.stop();
    await source?.stop();
    await this.#resync.idle();
  }

  /** Everything that happened before this time (monotonic ms) is known; -Infinity without a source. */
  get toldUntilMs(): number {
    return this.#source?.toldUntilMs ?? -Infinity;
  }

  /** Reads at once what events wait, for at most 5 ms: a record may come before the poll that tells its entry. */
  catchUp(): void {
    this.#source?.catchUp(CATCH_UP_BUDGET_MS);
  }

  /** Looks up a tuple (layout `TUPLE`) in either direction; false when nothing is known of it. */
  resolve(tuple: Uint32Array, isIpv6: boolean, protocol: number, time: RecordTime, match: EntryMatch): boolean {
    return this.#table.resolve(tuple, isIpv6, protocol, time, match);
  }

  counters(): ConntrackCounters {
    const { dumpsByReason, interruptions, lastSeconds, isSynchronised } = this.#resync;
    return {
      source: this.#source?.name ?? 'none',
      isSynchronised: this.#source !== undefined && isSynchronised,
      entries: this.#table.entries,
      endedEntries: this.#table.endedEntries,
      eventsByKind: { ...this.#events },
      overruns: this.#overruns,
      dumpsByReason: { ...dumpsByReason },
      dumpInterruptions: interruptions,
      lastDumpSeconds: lastSeconds,
      tableFull: this.#table.full,
      evictedEntries: this.#table.evicted,
      malformedMessages: this.#malformed,
    };
  }

  async #connect(): Promise<void> {
    const problems: string[] = [];
    for (const source of this.#sources) {
      const problem = await this.#tryStart(source);
      if (this.#isStopped) return;
      if (problem === undefined) return this.#use(source);
      problems.push(problem);
    }
    if (this.#sources.length === 0) return;
    if (!this.#hasWarned)
      this.#log.warn({ problems, retryMs: this.#retryMs }, 'no conntrack: translations are unresolved');
    this.#hasWarned = true;
    this.#retryTimer = setTimeout(() => void this.#connect(), this.#retryMs).unref();
  }

  /** Why the source does not work, or undefined when it does. */
  async #tryStart(source: ConntrackSource): Promise<string | undefined> {
    try {
      await source.start({
        event: (kind, entry, time) => this.#take(kind, entry, time),
        malformed: () => this.#malformed++,
        lost: () => this.#lose(source),
        failed: (reason) => this.#fail(source, reason),
      });
      if (this.#isStopped) await source.stop();
      return undefined;
    } catch (error) {
      return error instanceof PodflowError ? error.message : String(error);
    }
  }

  async #use(source: ConntrackSource): Promise<void> {
    this.#source = source;
    this.#hasWarned = false;
    this.#log.info({ source: source.name }, 'conntrack entries are mirrored');
    this.#resync.use(source);
    await this.#resync.request('start');
  }

  #take(kind: ConntrackEventKind, entry: ConntrackEntry, time: EventTime): void {
    this.#events[kind]++;
    // The event of a beginning may carry only the time of the event.
    const stampNs = entry.startNs === 0 && kind === 'new' ? entry.eventNs : entry.startNs;
    const startMs = toStartMs(stampNs, kind === 'new' ? time.fromMs : -Infinity, time.toMs);
    if (kind === 'new') this.#table.add(entry, startMs, time);
    else if (kind === 'update') this.#table.update(entry, startMs, time);
    else this.#table.end(entry, startMs, time);
  }

  #lose(source: ConntrackSource): void {
    this.#overruns++;
    if (source === this.#source) void this.#resync.request('overrun');
  }

  #fail(source: ConntrackSource, reason: string): void {
    if (source === this.#source) this.#giveUp(reason);
  }

  /** The source has come to its end: what is known is no longer followed. */
  #giveUp(reason: string): void {
    const source = this.#source;
    if (source === undefined || this.#isStopped) return;
    this.#log.warn({ source: source.name, reason }, 'conntrack can no longer be read');
    this.#source = undefined;
    this.#resync.stop();
    void source.stop();
    void this.#resync.forgetAll();
    this.#retryTimer = setTimeout(() => void this.#connect(), this.#retryMs).unref();
  }
}

function createSources(options: ConntrackMirrorOptions): ConntrackSource[] {
  const { source = 'auto', namespacePath, receiveBufferBytes = 64 * 2 ** 20 } = options;
  const isWanted = (name: string): boolean => source === name || source === 'auto';
  return [
    ...(isWanted('netlink') ? [new NetlinkConntrackSource({ namespacePath, receiveBufferBytes })] : []),
    ...(isWanted('command') ? [new CommandConntrackSource({ namespacePath, receiveBufferBytes })] : []),
  ];
}
