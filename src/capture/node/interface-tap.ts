import type { FilterSocket } from '../ebpf/filter-socket.ts';
import type { FrameCounts } from '../interface/decode-link.ts';
import type { FrameTotals } from '../missed-frames.ts';

/** What a tap does with its socket. */
type TapSocket = Pick<FilterSocket, 'readCopies' | 'lostPackets' | 'closeInBackground'>;

export type TapKind = 'host' | 'pod' | 'uplink';

export interface TapOptions {
  readonly kind: TapKind;
  readonly ifindex: number;
  readonly point: number;
  readonly socket: TapSocket;
  /** What the interface had counted when it began to be observed. */
  readonly base: FrameCounts;
  /** Called once the socket is closed. */
  readonly onClose?: (() => void) | undefined;
  /** Called once nothing more is told of the point. */
  readonly onForget?: (() => void) | undefined;
}

/** One observed interface: the socket at it, and what it counted since. */
export class InterfaceTap {
  readonly kind: TapKind;
  readonly ifindex: number;
  readonly point: number;
  readonly #socket: TapSocket;
  readonly #base: FrameTotals;
  readonly #onClose: TapOptions['onClose'];
  readonly #onForget: TapOptions['onForget'];
  #counts: FrameCounts;
  /** Handed over in flow deltas. */
  readonly #attributed = { frames: 0, bytes: 0 };
  #lostCopies = 0;
  #hasLeft = false;
  #isClosed = false;

  constructor(options: TapOptions) {
    this.kind = options.kind;
    this.ifindex = options.ifindex;
    this.point = options.point;
    this.#socket = options.socket;
    this.#counts = options.base;
    this.#base = toTotals(options.base);
    this.#onClose = options.onClose;
    this.#onForget = options.onForget;
  }

  /** Whether its interface is gone. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Its interface is gone: nothing more comes but copies that wait to be read. */
  leave(): void {
    this.#hasLeft = true;
  }

  /** Takes counters read later. Those of a veth that is being deleted lack what came from its other end. */
  count(counts: FrameCounts): void {
    const before = this.#counts;
    this.#counts = {
      rxFrames: Math.max(before.rxFrames, counts.rxFrames),
      txFrames: Math.max(before.txFrames, counts.txFrames),
      rxBytes: Math.max(before.rxBytes, counts.rxBytes),
      txBytes: Math.max(before.txBytes, counts.txBytes),
    };
  }

  addAttributed(frames: number, bytes: number): void {
    this.#attributed.frames += frames;
    this.#attributed.bytes += bytes;
  }

  /**
   * Frames and bytes since it began to be observed. An interface that is gone has counted at least what was seen of it:
   * what passed between the last reading of its counters and its end is known in no other way.
   */
  totals(): FrameTotals {
    const read = this.#read();
    if (!this.#hasLeft) return read;
    return {
      frames: Math.max(read.frames, this.#attributed.frames),
      bytes: Math.max(read.bytes, this.#attributed.bytes),
    };
  }

  /** Frames by which `totals` is above what the interface told itself. */
  framesAfterLastRead(): number {
    return this.#hasLeft ? Math.max(0, this.#attributed.frames - this.#read().frames) : 0;
  }

  readCopies(take: (packet: Buffer, point: number) => void): number {
    return this.#isClosed ? 0 : this.#socket.readCopies(take);
  }

  /** Copies that were lost, up to the end. */
  lostCopies(): number {
    if (!this.#isClosed) this.#lostCopies = this.#socket.lostPackets();
    return this.#lostCopies;
  }

  /** Safe twice; copies are read before. Resolves when its frames are counted no more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.lostCopies();
    this.#isClosed = true;
    await this.#socket.closeInBackground();
    this.#onClose?.();
  }

  /** All its flows were told. */
  forget(): void {
    this.#onForget?.();
  }

  #read(): FrameTotals {
    const now = toTotals(this.#counts);
    return { frames: now.frames - this.#base.frames, bytes: now.bytes - this.#base.bytes };
  }
}

function toTotals(counts: FrameCounts): FrameTotals {
  return { frames: counts.rxFrames + counts.txFrames, bytes: counts.rxBytes + counts.txBytes };
}
