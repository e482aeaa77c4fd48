import { wallClockNs } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { CaptureCounters, CaptureSink } from '../../model/capture.ts';
import { IntervalClock } from '../interval-clock.ts';
import type { FrameTotals } from '../missed-frames.ts';
import { handOverCopiedPacket } from './copied-packet.ts';
import { FlowDrain } from './flow-drain.ts';
import type { FlowProgram } from './flow-program.ts';
import type { KernelTunnels } from './kernel-tunnels.ts';

/** How often copied packets are read and the maps' fill and the interfaces looked at. */
const POLL_MS = 200;

/** The interfaces whose sockets carry a program. */
export interface ObservedInterfaces {
  /** Looks what became of them and reads their counters. */
  poll(): void;
  /** Frames and bytes, both directions, that they counted since they began to be observed, as of the last `poll`. */
  totals(): FrameTotals;
  /** Reads the packets copied so far; returns how many. */
  readCopies(take: (packet: Buffer, point: number) => void): number;
  /** Copies that were lost so far. */
  lostCopies(): number;
  /** Ends the observation: once it has, the program runs no more. Totals stay. */
  close(): void | Promise<void>;
}

export interface KernelCaptureOptions {
  /** Closed at the end. */
  readonly program: FlowProgram;
  /** Closed at the end. */
  readonly interfaces: ObservedInterfaces;
  readonly sink: CaptureSink;
  /** Tunnels that the program, or one that shares its maps, looks into. */
  readonly tunnels?: KernelTunnels | undefined;
  readonly intervalMs: number;
  readonly log: Log;
}

/** Runs a flow program: drains its maps at the end of each interval and before they are full, and adds up the frames. */
export class KernelCapture {
  readonly #options: KernelCaptureOptions;
  readonly #drain: FlowDrain;
  readonly #clock: IntervalClock;
  readonly #poll: NodeJS.Timeout;
  readonly #missed = { frames: 0, bytes: 0 };
  #copiedPackets = 0;
  #turn: Promise<void> = Promise.resolve();
  #last: CaptureCounters | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: KernelCaptureOptions, drain: FlowDrain) {
    this.#options = options;
    this.#drain = drain;
    this.#clock = new IntervalClock(options.intervalMs, (startNs, endNs) => this.#endInterval(startNs, endNs));
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    this.#clock.start();
  }

  /** @param observe begins the observation, once the program has maps to count in */
  static async start(
    options: Omit<KernelCaptureOptions, 'interfaces'>,
    observe: () => ObservedInterfaces | Promise<ObservedInterfaces>,
  ): Promise<KernelCapture> {
    const drain = await FlowDrain.create(options.program);
    try {
      return new KernelCapture({ ...options, interfaces: await observe() }, drain);
    } catch (error) {
      await drain.drainLast(() => undefined);
      options.program.close();
      throw error;
    }
  }

  /** Hands over the rest, ending the running interval. Safe twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { interfaces, program, sink } = this.#options;
    clearInterval(this.#poll);
    await this.#clock.stop();
    await this.#inTurn(async () => {
      this.#readCopies();
      interfaces.poll();
      const before = interfaces.totals();
      await interfaces.close();
      await this.#drain.drainLast((batch) => sink.deltas(batch));
      this.#measureMissed(before);
      await sink.intervalEnd(this.#clock.intervalStartNs, wallClockNs(), true);
    });
    this.#last = this.counters();
    program.close();
  }

  counters(): CaptureCounters {
    if (this.#last !== undefined) return this.#last;
    const { program, interfaces } = this.#options;
    const inKernel = program.counters();
    const totals = interfaces.totals();
    const { attributed } = this.#drain;
    return {
      attributedFrames: attributed.frames,
      attributedBytes: attributed.bytes,
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
      copyLostPackets: interfaces.lostCopies(),
    };
  }

  #endInterval(startNs: number, endNs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#drainAll();
      await this.#options.sink.intervalEnd(startNs, endNs, false);
      this.#options.tunnels?.prune(Date.now());
    });
  }

  #look(): void {
    this.#readCopies();
    this.#options.interfaces.poll();
    if (!this.#drain.isFilling) return;
    void this.#inTurn(async () => {
      if (!this.#drain.isFilling) return;
      await this.#drainAll();
      this.#options.sink.drained(wallClockNs());
    });
  }

  async #drainAll(): Promise<void> {
    const { interfaces, sink } = this.#options;
    this.#readCopies();
    // What the interfaces had counted before the swap must be in the maps or counters after it.
    interfaces.poll();
    const before = interfaces.totals();
    await this.#drain.drain((batch) => sink.deltas(batch));
    this.#measureMissed(before);
  }

  #measureMissed(before: FrameTotals): void {
    const kernel = this.#options.program.counters();
    const { attributed } = this.#drain;
    const frames = before.frames - attributed.frames - kernel.unattributedFrames - kernel.nonIpFrames;
    if (frames <= this.#missed.frames) return;
    const bytes = before.bytes - attributed.bytes - kernel.unattributedBytes - kernel.nonIpBytes;
    this.#missed.frames = frames;
    this.#missed.bytes = Math.max(this.#missed.bytes, bytes);
  }

  #readCopies(): void {
    const nowNs = wallClockNs();
    const { sink, interfaces, tunnels } = this.#options;
    this.#copiedPackets += interfaces.readCopies((packet, point) =>
      handOverCopiedPacket(packet, nowNs, point, sink, tunnels),
    );
  }

  /** One drain at a time; a failing one is told and does not stop the next. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#options.log.error(
        { err: error },
        'draining the flow maps failed; the counts stay in the kernel for the next drain',
      );
    });
    return this.#turn;
  }
}
