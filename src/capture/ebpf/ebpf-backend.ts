import { monotonicToWallOffsetNs, wallClockNs } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { CaptureBackend, CaptureCounters, CaptureSink } from '../../model/capture.ts';
import { IntervalClock } from '../interval-clock.ts';
import { NO_COUNTS } from '../no-counts.ts';
import { chooseInterface } from '../interface/choose-interface.ts';
import { InterfaceWatch } from '../interface/interface-watch.ts';
import { LinkMonitor } from '../interface/link-monitor.ts';
import { handOverCopiedPacket } from './copied-packet.ts';
import { FilterSocket } from './filter-socket.ts';
import { FlowGenerations } from './flow-generations.ts';
import { FlowProgram } from './flow-program.ts';
import { GenerationReader } from './generation-reader.ts';

/** How often copied packets are read and the maps' fill and the interface looked at. */
const POLL_MS = 200;
/** Share of a map's entries at which it is drained before its interval ends. */
const EARLY_DRAIN_SHARE = 0.5;

export interface EbpfOptions {
  readonly interfaceName: string;
  readonly namespacePath: string | undefined;
  readonly intervalMs: number;
  readonly mapEntries: number;
}

/** What is there while the backend runs. */
interface Running {
  readonly sink: CaptureSink;
  readonly monitor: LinkMonitor;
  readonly watch: InterfaceWatch;
  readonly program: FlowProgram;
  readonly socket: FilterSocket;
  readonly reader: GenerationReader;
  readonly generations: readonly FlowGenerations[];
  readonly clock: IntervalClock;
  readonly poll: NodeJS.Timeout;
}

/** Live capture by a socket filter that counts flows inside the kernel; see flow.bpf.c. */
export class EbpfBackend implements CaptureBackend {
  readonly name = 'ebpf';
  readonly done = new Promise<void>(() => undefined);
  readonly #options: EbpfOptions;
  readonly #log: Log;
  readonly #attributed = { frames: 0, bytes: 0 };
  readonly #missed = { frames: 0, bytes: 0 };
  #interfaceName: string;
  #copiedPackets = 0;
  #running: Running | undefined;
  #stopped: Promise<void> | undefined;
  #last: CaptureCounters = NO_COUNTS;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: EbpfOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#interfaceName = options.interfaceName;
  }

  get interfaceName(): string {
    return this.#interfaceName;
  }

  async start(sink: CaptureSink): Promise<void> {
    const { namespacePath, mapEntries, intervalMs } = this.#options;
    const monitor = LinkMonitor.open(namespacePath);
    const link = chooseInterface(monitor, this.#options.interfaceName);
    this.#interfaceName = link.name;
    const program = FlowProgram.load({ mapEntries, isLoopback: link.isLoopback });
    const socket = new FilterSocket(program.fd, namespacePath);
    const generations = [await FlowGenerations.create(program, 'ipv4'), await FlowGenerations.create(program, 'ipv6')];
    const watch = new InterfaceWatch(monitor, monitor.read(link.name) ?? link);
    socket.bind(link.ifindex);
    const clock = new IntervalClock(intervalMs, (startNs, endNs) => this.#endInterval(startNs, endNs));
    const poll = setInterval(() => this.#poll(), POLL_MS);
    const reader = new GenerationReader(program.libbpf);
    this.#running = { sink, monitor, watch, program, socket, reader, generations, clock, poll };
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
      this.#readCopies(running);
      running.watch.poll();
      const before = running.watch.totals();
      // The count of lost copies goes with the socket; what was read of it is kept.
      running.socket.lostPackets();
      running.socket.close();
      const offsetNs = monotonicToWallOffsetNs();
      for (const generations of running.generations)
        this.#add(await generations.drainLast(running.reader, offsetNs, (batch) => running.sink.deltas(batch)));
      this.#measureMissed(running, before);
      await running.sink.intervalEnd(running.clock.intervalStartNs, wallClockNs(), true);
    });
    this.#last = this.counters();
    this.#running = undefined;
    running.program.close();
    running.monitor.close();
  }

  counters(): CaptureCounters {
    if (this.#running === undefined) return this.#last;
    const { program, watch, socket } = this.#running;
    const inKernel = program.counters();
    const totals = watch.totals();
    return {
      attributedFrames: this.#attributed.frames,
      attributedBytes: this.#attributed.bytes,
      unattributedFrames: inKernel.unattributedFrames,
      unattributedBytes: inKernel.unattributedBytes,
      nonIpFrames: inKernel.nonIpFrames,
      nonIpBytes: inKernel.nonIpBytes,
      missedFrames: this.#missed.frames,
      missedBytes: this.#missed.bytes,
      interfaceFrames: totals.frames,
      interfaceBytes: totals.bytes,
      taggedFrames: inKernel.taggedFrames,
      copiedPackets: this.#copiedPackets,
      copyLostPackets: socket.lostPackets(),
    };
  }

  #endInterval(startNs: number, endNs: number): Promise<void> {
    return this.#inTurn(async () => {
      const running = this.#running;
      if (running === undefined) return;
      await this.#drain(running);
      await running.sink.intervalEnd(startNs, endNs, false);
    });
  }

  #poll(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#readCopies(running);
    this.#followInterface(running);
    const limit = this.#options.mapEntries * EARLY_DRAIN_SHARE;
    if (running.generations.every((generations) => generations.size < limit)) return;
    void this.#inTurn(async () => {
      if (running.generations.every((generations) => generations.size < limit)) return;
      await this.#drain(running);
      running.sink.drained(wallClockNs());
    });
  }

  async #drain(running: Running): Promise<void> {
    this.#readCopies(running);
    // What the interface had counted before the swap must be in the maps or counters after it.
    this.#followInterface(running);
    const before = running.watch.totals();
    const offsetNs = monotonicToWallOffsetNs();
    for (const generations of running.generations)
      this.#add(await generations.drain(running.reader, offsetNs, (batch) => running.sink.deltas(batch)));
    this.#measureMissed(running, before);
  }

  #add(totals: { frames: number; bytes: number }): void {
    this.#attributed.frames += totals.frames;
    this.#attributed.bytes += totals.bytes;
  }

  #measureMissed(running: Running, before: { frames: number; bytes: number }): void {
    const kernel = running.program.counters();
    const frames = before.frames - this.#attributed.frames - kernel.unattributedFrames - kernel.nonIpFrames;
    if (frames <= this.#missed.frames) return;
    const bytes = before.bytes - this.#attributed.bytes - kernel.unattributedBytes - kernel.nonIpBytes;
    this.#missed.frames = frames;
    this.#missed.bytes = Math.max(this.#missed.bytes, bytes);
  }

  #followInterface(running: Running): void {
    if (running.watch.poll() !== 'replaced') return;
    this.#log.info({ interface: this.#interfaceName, ifindex: running.watch.ifindex }, 'interface is back');
    running.socket.bind(running.watch.ifindex);
  }

  #readCopies(running: Running): void {
    const nowNs = wallClockNs();
    const { sink, socket } = running;
    this.#copiedPackets += socket.readCopies((packet) => handOverCopiedPacket(packet, nowNs, sink));
  }

  /** One drain at a time; a failing one is told and does not stop the next. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#log.error(
        { err: error },
        'draining the flow maps failed; the counts stay in the kernel for the next drain',
      );
    });
    return this.#turn;
  }
}
