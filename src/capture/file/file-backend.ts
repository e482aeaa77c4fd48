import { basename } from 'node:path';
import type { Log } from '../../lib/log.ts';
import type { CaptureBackend, CaptureCounters, CaptureSink } from '../../model/capture.ts';
import type { ObservationPoint } from '../../model/observation-point.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { AggregatedPoints } from '../aggregated-points.ts';
import { NO_COUNTS } from '../no-counts.ts';
import { PacketAggregator } from '../packet/packet-aggregator.ts';
import { CapturedFrame, type CaptureReader } from './capture-reader.ts';
import { createReader } from './create-reader.ts';
import { FileSource, unreadable } from './file-source.ts';
import { PacketIntervals } from './packet-intervals.ts';

/** Empty intervals in a row that are ended one by one, as live ones are; a longer gap is left in one step. */
const MOST_EMPTY_INTERVALS = 360;

export interface FileBackendOptions {
  readonly path: string;
  readonly intervalMs: number;
  /** Flows of each address family that are held between two hand-overs. */
  readonly maxFlows: number;
  /** As records tell it; the file's name when absent. */
  readonly interfaceName?: string;
  /** Tunnels to look into; none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
}

/** What is there while the file is read. */
interface Reading {
  readonly sink: CaptureSink;
  readonly source: FileSource;
  readonly reader: CaptureReader;
  readonly aggregator: PacketAggregator;
}

/**
 * Replays a capture file, pcap or pcapng, at full speed with packet time as the clock. A packet older than the running
 * interval counts to that interval. A file that ends within a packet is read up to there; one that is broken in the
 * middle hands over what came before, and `done` rejects with CAPTURE_FILE_UNREADABLE telling the offset.
 */
export class FileBackend implements CaptureBackend {
  readonly name = 'file';
  readonly interfaceName: string;
  readonly done: Promise<void>;
  readonly #options: FileBackendOptions;
  readonly #points: AggregatedPoints;
  readonly #log: Log;
  readonly #intervals: PacketIntervals;
  readonly #frame = new CapturedFrame();
  readonly #finish: { resolve: () => void; reject: (error: unknown) => void };
  #aggregator: PacketAggregator | undefined;
  #run: Promise<void> | undefined;
  #isStopping = false;
  #isLinkTypeTold = false;
  #cutBytes = 0;

  constructor(options: FileBackendOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.interfaceName = options.interfaceName ?? basename(options.path);
    this.#points = new AggregatedPoints(this.interfaceName);
    this.#intervals = new PacketIntervals(options.intervalMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = { resolve, reject };
    // Whoever only calls stop() need not look at how it ended.
    this.done.catch(() => undefined);
  }

  /** Bytes of a last packet or block that the file holds the beginning of only; they are not counted elsewhere. */
  get cutBytes(): number {
    return this.#cutBytes;
  }

  resolvePoint(point: number): ObservationPoint {
    return this.#points.resolve(point);
  }

  async start(sink: CaptureSink): Promise<void> {
    const source = await FileSource.open(this.#options.path);
    try {
      const reader = await createReader(source);
      const { maxFlows, decapsulate } = this.#options;
      const onTunnel = this.#points.addTunnel.bind(this.#points);
      const aggregator = new PacketAggregator({ maxFlows, decapsulate, onTunnel }, sink);
      this.#aggregator = aggregator;
      this.#run = this.#replay({ sink, source, reader, aggregator });
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#run === undefined) this.#finish.resolve();
    await this.#run;
  }

  counters(): CaptureCounters {
    return { ...NO_COUNTS, ...this.#aggregator?.counters(), interfaceFrames: undefined, interfaceBytes: undefined };
  }

  /** Never rejects: how it ended is told by `done`. */
  async #replay(reading: Reading): Promise<void> {
    let failure: unknown;
    try {
      await this.#readAll(reading);
    } catch (error) {
      failure = error;
    }
    try {
      if (this.#intervals.hasBegun) await this.#endInterval(reading, true);
      await reading.source.close();
    } catch (error) {
      failure ??= error;
    }
    if (failure === undefined) this.#finish.resolve();
    else this.#finish.reject(failure);
  }

  async #readAll(reading: Reading): Promise<void> {
    const { source, reader } = reading;
    while (!this.#isStopping) {
      const step = this.#readWindow(reading);
      const recordAt = source.offset;
      switch (step) {
        case 'intervalEnd':
          await this.#endIntervals(reading, this.#intervals.toTimeNs(this.#frame));
          break;
        case 'skip':
          if (!(await source.skip(reader.consumedBytes))) return this.#tellCut(source, recordAt);
          break;
        case 'more':
          if (!(await source.fill(reader.neededBytes))) return this.#tellCut(source, recordAt);
          break;
        case 'broken':
          throw unreadable(source.path, `${reader.problem} at offset ${source.offset}`);
      }
    }
  }

  /**
   * Reads packets until something must be waited for. At `intervalEnd` the frame behind the interval is not taken yet:
   * it is parsed again.
   */
  #readWindow({ sink, source, reader, aggregator }: Reading): 'intervalEnd' | 'skip' | 'more' | 'broken' {
    const { window } = source;
    const frame = this.#frame;
    for (;;) {
      const step = reader.next(window, frame);
      if (step === 'more' || step === 'broken') return step;
      if (step === 'frame') {
        if (!this.#intervals.hasBegun) this.#begin(aggregator);
        const timeNs = this.#intervals.toTimeNs(frame);
        if (timeNs >= this.#intervals.endNs) return 'intervalEnd';
        if (aggregator.flowCount >= this.#options.maxFlows) {
          aggregator.drain();
          sink.drained(timeNs + aggregator.clockOffsetNs);
        }
        this.#take(aggregator, window.bytes, timeNs);
      }
      if (reader.consumedBytes > window.length) return 'skip';
      window.start += reader.consumedBytes;
    }
  }

  #begin(aggregator: PacketAggregator): void {
    this.#intervals.begin(this.#frame);
    aggregator.clockOffsetNs = this.#intervals.clockOffsetNs;
  }

  #take(aggregator: PacketAggregator, bytes: Uint8Array, timeNs: number): void {
    const { start, end, originalBytes, linkType, direction } = this.#frame;
    if (linkType !== undefined) {
      aggregator.add(bytes, start, end, originalBytes, timeNs, linkType, direction);
      return;
    }
    aggregator.addNonIp(originalBytes);
    if (this.#isLinkTypeTold) return;
    this.#isLinkTypeTold = true;
    this.#log.warn({ path: this.#options.path }, 'packets of a link type that is not decoded are counted as not IP');
  }

  /** Ends the running interval, and those without packets up to the one that holds `timeNs`. */
  async #endIntervals(reading: Reading, timeNs: number): Promise<void> {
    for (let ended = 0; ended <= MOST_EMPTY_INTERVALS && timeNs >= this.#intervals.endNs; ended++) {
      await this.#endInterval(reading, false);
      this.#intervals.moveOn();
    }
    if (timeNs >= this.#intervals.endNs) this.#intervals.moveTo(timeNs);
  }

  async #endInterval({ aggregator, sink }: Reading, isLast: boolean): Promise<void> {
    const { startNs, endNs, clockOffsetNs } = this.#intervals;
    aggregator.drain();
    await sink.intervalEnd(startNs + clockOffsetNs, endNs + clockOffsetNs, isLast);
  }

  /** The file has ended; `recordAt` is where its last, unfinished record begins. */
  #tellCut(source: FileSource, recordAt: number): void {
    this.#cutBytes = source.offset + source.window.length - recordAt;
    if (this.#cutBytes === 0) return;
    const fields = { path: source.path, offset: recordAt, cutBytes: this.#cutBytes };
    this.#log.warn(fields, 'the capture file ends within a packet; the packets before it were read');
  }
}
