import { setTimeout as delay } from 'node:timers/promises';
import { wallClockNs } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { CaptureBackend, CaptureCounters, CaptureSink } from '../../model/capture.ts';
import type { FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { ObservationPoint } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { AggregatedPoints } from '../aggregated-points.ts';
import { chooseInterface } from '../interface/choose-interface.ts';
import { InterfaceWatch } from '../interface/interface-watch.ts';
import type { Link } from '../interface/decode-link.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';
import { IntervalClock } from '../interval-clock.ts';
import { MissedFrames, type FrameTotals } from '../missed-frames.ts';
import { NO_COUNTS } from '../no-counts.ts';
import type { CaptureReport, CaptureSettings } from './cap-messages.ts';
import { CaptureHost } from './capture-host.ts';
import { CaptureTally } from './capture-tally.ts';

/** How often the interface's counters are looked at. */
const POLL_MS = 200;
/** How long `stop` waits for frames that the interface counted and that were not read yet. */
const BACKLOG_TURN_MS = 20;
const BACKLOG_TURNS = 60;
const BACKLOG_QUIET_TURNS = 5;
/** The loopback device does not count the link header. */
const LOOPBACK_UNCOUNTED_BYTES = 14;
const RING_BYTES = 16 * 2 ** 20;

export interface CapBackendOptions {
  /** A name, or `auto`. */
  readonly interfaceName: string;
  /** Network namespace of the interface, undefined for podflow's own. */
  readonly namespacePath: string | undefined;
  readonly intervalMs: number;
  /** Flows of each address family that are held between two hand-overs. */
  readonly maxFlows: number;
  /** Kernel memory for frames that wait; 16 MiB when absent. Most interfaces take 64 KiB of it for each frame. */
  readonly ringBytes?: number;
  /** Tunnels to look into; none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
}

/** What is there while the backend runs. */
interface Running {
  readonly sink: CaptureSink;
  readonly monitor: LinkMonitor;
  readonly host: CaptureHost;
  readonly clock: IntervalClock;
  readonly poll: NodeJS.Timeout;
  /** Made anew right before the first process begins to capture. */
  watch: InterfaceWatch;
}

/**
 * Live capture through the `cap` package: every frame is copied to a process of its own, which counts it. It needs no
 * right but NET_RAW, and loses frames when it has no core to itself. The package reports no loss, no time and no
 * direction of a frame: what was missed is measured against the interface's counters, the time is that of receipt, and
 * a frame whose source is the interface's own address is taken for outgoing. The package puts the interface into
 * promiscuous mode and cannot be kept from it.
 */
export class CapBackend implements CaptureBackend {
  readonly name = 'cap';
  readonly done = new Promise<void>(() => undefined);
  readonly #options: CapBackendOptions;
  readonly #log: Log;
  readonly #missed = new MissedFrames();
  readonly #tally = new CaptureTally();
  #interfaceName: string;
  #points: AggregatedPoints;
  #running: Running | undefined;
  /** What the interface had counted when the process was asked how much it had seen; undefined when it has answered. */
  #countedWhenAsked: FrameTotals | undefined;
  #stopped: Promise<void> | undefined;
  #last: CaptureCounters = NO_COUNTS;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: CapBackendOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#interfaceName = options.interfaceName;
    this.#points = new AggregatedPoints(options.interfaceName);
  }

  get interfaceName(): string {
    return this.#interfaceName;
  }

  resolvePoint(point: number): ObservationPoint {
    return this.#points.resolve(point);
  }

  async start(sink: CaptureSink): Promise<void> {
    const monitor = LinkMonitor.open(this.#options.namespacePath);
    try {
      await this.#start(sink, monitor);
    } catch (error) {
      clearInterval(this.#running?.poll);
      this.#running = undefined;
      monitor.close();
      throw error;
    }
  }

  async #start(sink: CaptureSink, monitor: LinkMonitor): Promise<void> {
    const { interfaceName, intervalMs } = this.#options;
    const link = chooseInterface(monitor, interfaceName);
    this.#interfaceName = link.name;
    const events = { onReport: (report: CaptureReport) => this.#onReport(report), onEnd: () => this.#onEnd() };
    const points = new AggregatedPoints(link.name);
    this.#points = points;
    const settings = (): CaptureSettings => toSettings(link, this.#options, points.nextNumber);
    const host = new CaptureHost(settings, events, this.#log);
    const clock = new IntervalClock(intervalMs, (startNs, endNs) => this.#endInterval(startNs, endNs), this.#log);
    const poll = setInterval(() => this.#poll(), POLL_MS);
    const running: Running = { sink, monitor, host, clock, poll, watch: new InterfaceWatch(monitor, link) };
    this.#running = running;
    if (link.isUp)
      await host.start(() => {
        running.watch = new InterfaceWatch(monitor, monitor.read(link.name) ?? link);
      });
    clock.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    clearInterval(running.poll);
    await running.clock.stop();
    await this.#inTurn(async () => {
      await this.#drainBacklog(running);
      running.host.end();
      running.watch.poll();
      this.#missed.settle(running.watch.totals(), this.#tally.seen);
      await running.sink.intervalEnd(running.clock.intervalStartNs, wallClockNs(), true);
    });
    this.#last = this.counters();
    this.#running = undefined;
    running.monitor.close();
  }

  counters(): CaptureCounters {
    if (this.#running === undefined) return this.#last;
    const totals = this.#running.watch.totals();
    return {
      ...NO_COUNTS,
      ...this.#tally.counters(),
      missedFrames: this.#missed.frames,
      missedBytes: this.#missed.bytes,
      interfaceFrames: totals.frames,
      interfaceBytes: totals.bytes,
    };
  }

  /** Hands over until everything that the interface counted was read, or for some turns nothing more came. */
  async #drainBacklog({ watch, host, sink }: Running): Promise<void> {
    let quietTurns = 0;
    for (let turn = 0; turn < BACKLOG_TURNS && quietTurns < BACKLOG_QUIET_TURNS; turn++) {
      watch.poll();
      const before = this.#tally.seen.frames;
      if (!(await host.drain())) return;
      const seen = this.#tally.seen.frames;
      if (watch.totals().frames <= seen + this.#missed.frames) return;
      quietTurns = seen === before ? quietTurns + 1 : 0;
      sink.drained(wallClockNs());
      await delay(BACKLOG_TURN_MS);
    }
  }

  #endInterval(startNs: number, endNs: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#running === undefined) return;
      const { host, sink } = this.#running;
      await host.drain();
      await sink.intervalEnd(startNs, endNs, false);
      host.resume();
    });
  }

  /** The package cannot follow an interface that goes down: its process is ended, and another started on its return. */
  #poll(): void {
    if (this.#running === undefined) return;
    const { watch, host } = this.#running;
    const state = watch.poll();
    if (state === 'up') host.ensure();
    else if (host.isCapturing) void this.#retire();
    if (!host.isCapturing) this.#missed.tick(watch.totals(), this.#tally.seen);
    else if (this.#countedWhenAsked === undefined) {
      this.#countedWhenAsked = watch.totals();
      host.count();
    }
  }

  #retire(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#running === undefined) return;
      const { host, sink } = this.#running;
      if (await host.drain()) sink.drained(wallClockNs());
      host.retire();
    });
  }

  #onReport(report: CaptureReport): void {
    if (this.#running === undefined) return;
    const { sink } = this.#running;
    if (report.kind === 'deltas') {
      const batch = toAligned(report.batch);
      this.#tally.deliver(batch);
      sink.deltas(batch);
    } else if (report.kind === 'tunnel') this.#points.addTunnel(report.number, report.tunnel);
    else if (report.kind === 'icmpError') sink.icmpError(report.error);
    else if (report.kind === 'dnsMessages') for (const message of report.messages) sink.dnsMessage(message);
    else if (report.kind === 'drained') {
      this.#tally.report(report.counters);
      if (report.isEarly) sink.drained(wallClockNs());
    } else if (report.kind === 'counted') this.#onCounted(report.seen, report.floods);
  }

  #onCounted(seen: FrameTotals, floods: number): void {
    if (this.#countedWhenAsked === undefined) return;
    this.#tally.count(seen);
    this.#missed.tick(this.#countedWhenAsked, this.#tally.seen);
    this.#countedWhenAsked = undefined;
    if (floods > 0) this.#log.warn({ floods }, 'frames came faster than they can be read; what was missed is counted');
  }

  #onEnd(): void {
    this.#tally.endProcess();
    this.#countedWhenAsked = undefined;
  }

  /** One hand-over at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#log.error({ err: error }, 'handing over what was captured failed');
    });
    return this.#turn;
  }
}

function toSettings(link: Link, options: CapBackendOptions, firstTunnelNumber: number): CaptureSettings {
  return {
    interfaceName: link.name,
    namespacePath: options.namespacePath,
    ringBytes: options.ringBytes ?? RING_BYTES,
    maxFlows: options.maxFlows,
    uncountedBytes: link.isLoopback ? LOOPBACK_UNCOUNTED_BYTES : 0,
    ownAddress: link.isLoopback ? undefined : link.hardwareAddress,
    decapsulate: options.decapsulate ?? [],
    firstTunnelNumber,
  };
}

/** A message's arrays begin anywhere in its buffer; those of a batch may be read as words. */
function toAligned(batch: FlowDeltaBatch): FlowDeltaBatch {
  return { ...batch, keys: new Uint8Array(batch.keys), values: new Uint8Array(batch.values) };
}
