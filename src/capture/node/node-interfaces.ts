import type { Log } from '../../lib/log.ts';
import type { NodeCaptureCounters } from '../../model/node-capture-counters.ts';
import type { FlowProgram } from '../ebpf/flow-program.ts';
import type { ObservedInterfaces } from '../ebpf/kernel-capture.ts';
import type { FrameTotals } from '../missed-frames.ts';
import { HostTaps } from './host-taps.ts';
import { InnerTaps } from './inner-taps.ts';
import { InterfaceChoice, type InterfacePatterns } from './interface-choice.ts';
import { InterfaceTaps } from './interface-taps.ts';
import { PodDiscovery } from './pod-discovery.ts';
import { ScanSchedule } from './scan-schedule.ts';
import { TapFactory, type TapFactoryOptions } from './tap-factory.ts';

/** How often it is looked whether the pods that are observed from within are still there. */
const LIVENESS_MS = 1_000;

export interface NodeInterfacesOptions extends InterfacePatterns, TapFactoryOptions {
  /** The host's /proc. */
  readonly procPath: string;
}

/** All interfaces of the pods of a node, as they come and go. */
export class NodeInterfaces implements ObservedInterfaces {
  readonly taps = new InterfaceTaps();
  readonly #log: Log;
  readonly #factory: TapFactory;
  readonly #discovery: PodDiscovery;
  readonly #host: HostTaps;
  readonly #inner: InnerTaps;
  readonly #schedule = new ScanSchedule();
  readonly #scans = { count: 0, forbiddenProcesses: 0, forbiddenNamespaces: 0 };
  #lookedAtMs = 0;
  #scan: Promise<void> | undefined;
  #isClosed = false;

  /**
   * Begins to observe; resolves when all that is there was found.
   * @throws PodflowError when the namespace or /proc is not there, or the interfaces of the host may not be looked at
   */
  static async open(program: FlowProgram, options: NodeInterfacesOptions, log: Log): Promise<NodeInterfaces> {
    const interfaces = new NodeInterfaces(program, options, log);
    await interfaces.#runScan(performance.now());
    interfaces.#tellBlindness(options.procPath);
    return interfaces;
  }

  private constructor(program: FlowProgram, options: NodeInterfacesOptions, log: Log) {
    const { namespacePath, procPath } = options;
    this.#log = log;
    this.#factory = new TapFactory(program, options, this.taps, log);
    this.#factory.checkRight();
    this.#discovery = new PodDiscovery(procPath, namespacePath);
    this.#inner = new InnerTaps(this.#factory, this.taps);
    this.#host = new HostTaps(namespacePath, new InterfaceChoice(options), this.#factory, this.taps, performance.now());
  }

  poll(): void {
    const nowMs = performance.now();
    if (this.#host.poll(nowMs)) this.#schedule.noteChange(nowMs);
    this.#host.readCounts();
    this.#inner.readCounts();
    if (nowMs - this.#lookedAtMs >= LIVENESS_MS) this.#lookForLostPods(nowMs);
    if (this.#scan === undefined && this.#schedule.isDue(nowMs)) void this.#runScan(nowMs);
  }

  /** Before flows are told: looks for the pods of interfaces that came since the last scan, if one may run. */
  async nameNewcomers(): Promise<void> {
    const nowMs = performance.now();
    const hasNewcomers = !this.#schedule.hasBegunAfter(this.#host.newestUnnamedMs);
    if (hasNewcomers && this.#host.unnamed > 0 && this.#schedule.isAllowed(nowMs)) await this.#runScan(nowMs);
    else await this.#scan;
  }

  totals(): FrameTotals {
    return this.taps.totals();
  }

  readCopies(take: (packet: Buffer, point: number) => void): number {
    return this.taps.readCopies(take);
  }

  lostCopies(): number {
    return this.taps.lostCopies();
  }

  counters(): NodeCaptureCounters {
    const { taps } = this;
    return {
      observedInterfaces: { host: taps.count('host'), pod: taps.count('pod'), uplink: taps.count('uplink') },
      unnamedInterfaces: this.#host.unnamed,
      attachFailures: this.#factory.failures,
      framesBeforeAttach: this.#factory.framesBeforeAttach,
      framesAfterLastRead: taps.framesAfterLastRead(),
      linkEventOverruns: this.#host.overruns,
      namespaceScans: this.#scans.count,
      forbiddenProcesses: this.#scans.forbiddenProcesses,
      forbiddenNamespaces: this.#scans.forbiddenNamespaces,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#inner.close();
    await this.#scan;
    await this.taps.close();
    this.#factory.close();
    this.#host.close();
    this.#discovery.close();
  }

  /** Interfaces of pods, and none of their namespaces: this /proc is not the host's. */
  #tellBlindness(procPath: string): void {
    const count = this.taps.count('host');
    if (count === 0 || this.#host.unnamed < count) return;
    this.#log.warn(
      { interfaces: count, proc: procPath },
      'none of the pods is found in /proc: run with hostPID, or mount the host’s /proc and name it by --proc',
    );
  }

  #lookForLostPods(nowMs: number): void {
    this.#lookedAtMs = nowMs;
    for (const { namespace } of this.#inner) if (this.#discovery.hasLost(namespace)) this.#schedule.noteLoss(nowMs);
  }

  async #runScan(nowMs: number): Promise<void> {
    this.#scan = this.#scanOnce(nowMs);
    await this.#scan;
    this.#scan = undefined;
  }

  async #scanOnce(nowMs: number): Promise<void> {
    const isFull = this.#schedule.begin(nowMs);
    try {
      const found = await this.#discovery.scan(isFull);
      if (this.#isClosed) return;
      // What went meanwhile must not be taken for what was found.
      this.#host.poll(performance.now());
      this.#host.name(found.podEnds, nowMs);
      if (isFull) this.#host.retry();
      await this.#inner.follow(found.inner, this.#scans.count > 0);
      this.#scans.count++;
      this.#scans.forbiddenProcesses = found.forbiddenProcesses;
      this.#scans.forbiddenNamespaces = found.forbiddenNamespaces;
    } catch (error) {
      this.#log.error({ err: error }, 'looking for the network namespaces of pods failed');
    }
    this.#schedule.end(performance.now(), this.#host.unnamed === 0);
  }
}
