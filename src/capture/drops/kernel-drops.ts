import { wallClockNs } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { DeliveredHints } from '../../model/delivered-hint.ts';
import type { KernelDropCounters } from '../../model/kernel-drop-counters.ts';
import { loadLibbpf } from '../ebpf/libbpf.ts';
import { IntervalClock } from '../interval-clock.ts';
import { DropIntake } from './drop-intake.ts';
import { DropMaps } from './drop-maps.ts';
import { DropNamespaces } from './drop-namespaces.ts';
import { DropProgram } from './drop-program.ts';
import { readDropReasonNames } from './drop-reason-names.ts';
import { isDrop } from './drop-reason-group.ts';
import { DropTeller, type TakeDropRecords } from './drop-teller.ts';
import { toDropsUnavailable } from './drops-unavailable.ts';

export interface KernelDropsOptions {
  readonly intervalMs: number;
  /** Network namespace of the node; podflow's own when undefined. */
  readonly namespacePath: string | undefined;
  /** The host's /proc, in which pods are found. */
  readonly procPath: string;
  /** Flows, by reason and namespace, that the kernel's map holds between two drains, default 32,768. */
  readonly mapEntries?: number;
  /** The same of an interval, default 65,536. */
  readonly intervalEntries?: number;
  /** Drops that each processor looks at in a second, default 200,000: some 6 % of it. */
  readonly dropsPerSecond?: number;
}

/** How often it is looked whether the kernel's map fills, and how often it is read between the ends of intervals. */
const LOOK_MS = 200;
const DRAIN_MS = 1_000;
const EARLY_DRAIN_SHARE = 0.5;
const SCAN_MS = 10_000;
/** How long after the interval that follows a delivered tuple may be asked for: relayed records are tried again. */
const HINT_MS = 30_000;

/**
 * What the kernel drops for the node and its pods, told as evidence records (see `DropEvidence`) at the end of each
 * interval: by tuple, reason and network namespace.
 *
 * Every packet that the tracepoint shows and that was dropped (see `drop-reason-group.ts`) is in a record or in
 * `skippedPackets`.
 */
export class KernelDrops {
  readonly #options: KernelDropsOptions;
  readonly #log: Log;
  readonly #program: DropProgram;
  readonly #namespaces: DropNamespaces;
  readonly #maps: DropMaps;
  readonly #intake: DropIntake;
  readonly #teller: DropTeller;
  readonly #clock: IntervalClock;
  #take: TakeDropRecords = () => undefined;
  #look: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #last: KernelDropCounters | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Loads the program; nothing is counted before `start`.
   * @throws PodflowError KERNEL_DROPS_UNAVAILABLE saying what is missing
   */
  static async open(options: KernelDropsOptions, log: Log): Promise<KernelDrops> {
    let program: DropProgram | undefined;
    try {
      const libbpf = loadLibbpf();
      const names = readDropReasonNames(libbpf);
      const { mapEntries = 32_768, dropsPerSecond = 200_000, procPath, namespacePath } = options;
      const ignoredReasons = [...names].flatMap(([number, name]) => (isDrop(name) ? [] : [number]));
      program = new DropProgram(libbpf, { mapEntries, dropsPerSecond, ignoredReasons });
      const namespaces = new DropNamespaces(program, procPath, namespacePath);
      return new KernelDrops(options, log, { program, names, namespaces, maps: await DropMaps.create(program) });
    } catch (error) {
      program?.close();
      throw toDropsUnavailable(error);
    }
  }

  private constructor(
    options: KernelDropsOptions,
    log: Log,
    parts: {
      readonly program: DropProgram;
      readonly names: ReadonlyMap<number, string>;
      readonly namespaces: DropNamespaces;
      readonly maps: DropMaps;
    },
  ) {
    this.#options = options;
    this.#log = log;
    this.#program = parts.program;
    this.#teller = new DropTeller(parts.names, parts.namespaces);
    this.#namespaces = parts.namespaces;
    this.#maps = parts.maps;
    this.#intake = new DropIntake(parts.maps, parts.namespaces, options.intervalEntries ?? 65_536);
    this.#clock = new IntervalClock(options.intervalMs, (startNs, endNs) => this.#endInterval(startNs, endNs), log);
  }

  /** What translation may be told of packets that conntrack has no entry for. */
  get hints(): DeliveredHints {
    return this.#intake.hints;
  }

  /**
   * Begins to count.
   * @throws PodflowError KERNEL_DROPS_UNAVAILABLE
   */
  async start(take: TakeDropRecords): Promise<void> {
    this.#take = take;
    try {
      await this.#intake.scan();
      this.#program.attach();
    } catch (error) {
      this.#close();
      throw toDropsUnavailable(error);
    }
    this.#clock.start();
    this.#look = setInterval(() => this.#lookAtMap(), LOOK_MS);
    this.#log.info({ namespaces: this.#namespaces.count }, 'telling what the kernel drops');
  }

  /** Reads what the kernel has dropped up to now, so that the hints know of it; not if that was done a moment ago. */
  async catchUp(maxAgeMs = 0): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#intake.drainAgeMs >= maxAgeMs) await this.#intake.drain();
    });
  }

  /** Hands over the rest, ending the running interval. Safe twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  counters(): KernelDropCounters {
    if (this.#last !== undefined) return this.#last;
    const { rate, mapFull, namespace, noTuple } = this.#program.counters();
    return {
      isActive: this.#look !== undefined,
      packetsByReason: this.#teller.packetsByReason,
      skippedPackets: {
        rate,
        map_full: mapFull,
        interval_full: this.#intake.overflowPackets,
        namespace: namespace + this.#intake.foreignPackets,
        no_tuple: noTuple,
      },
      records: this.#teller.recordCount,
      namespaces: this.#namespaces.count,
    };
  }

  async #stop(): Promise<void> {
    clearInterval(this.#look);
    await this.#clock.stop();
    await this.#inTurn(async () => {
      this.#program.detach();
      // Swapped once more, since processors may have been in their last run.
      await this.#intake.drain();
      await this.#tell(this.#clock.intervalStartNs, wallClockNs());
    });
    this.#look = undefined;
    this.#last = this.counters();
    this.#close();
  }

  #close(): void {
    this.#maps.close();
    this.#namespaces.close();
    this.#program.close();
  }

  #endInterval(startNs: number, endNs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#intake.drain();
      await this.#tell(startNs, endNs);
      this.#intake.hints.prune(endNs - (this.#options.intervalMs + HINT_MS) * 1e6);
    });
  }

  #lookAtMap(): void {
    const isFilling = this.#maps.size >= this.#program.mapEntries * EARLY_DRAIN_SHARE;
    if (this.#intake.scanAgeMs >= SCAN_MS) void this.#inTurn(() => this.#intake.scan());
    if (isFilling || this.#intake.drainAgeMs >= DRAIN_MS) void this.catchUp();
  }

  #tell(startNs: number, endNs: number): Promise<void> {
    return this.#teller.tell(this.#intake.take(), startNs, endNs, this.#take);
  }

  /** One thing at a time; what fails is told and does not stop the next. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#log.error({ err: error }, 'reading what the kernel dropped failed; the next read has it');
    });
    return this.#turn;
  }
}
