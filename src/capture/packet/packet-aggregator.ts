import type { CaptureCounters, CaptureSink } from '../../model/capture.ts';
import { SEEN, SIDE, SIDE_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { Decapsulator, type TakeTunnel } from './decapsulator.ts';
import { DecodedPacket } from './decoded-packet.ts';
import { decodeFrame } from './decode-frame.ts';
import { FlowGenerations } from './flow-generations.ts';
import type { FlowMap } from './flow-map.ts';
import { FragmentTable } from './fragment-table.ts';
import { NO_ENTRY } from './key-table.ts';
import { handOverReadable } from './hand-over-readable.ts';
import type { LinkType } from './link-type.ts';
import { trackTcp } from './track-tcp.ts';

/** Which way a frame went through the observed interface. */
export type FrameDirection = 'incoming' | 'outgoing';

export interface PacketAggregatorOptions {
  /** Flows of each address family that one interval holds. */
  readonly maxFlows: number;
  /** Bytes of each frame that the interface does not count (14 on the loopback device). */
  readonly uncountedBytes?: number;
  /** Tunnels to look into; none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
  /** Number of the first tunnel, 1 when absent. */
  readonly firstTunnelNumber?: number;
  /** Takes each tunnel when it is met for the first time, before any flow in it is handed over. */
  readonly onTunnel?: TakeTunnel;
}

/** What is handed over; ends of intervals are the caller's business. */
export type AggregatorSink = Pick<CaptureSink, 'deltas' | 'icmpError' | 'dnsMessage'>;

/** Counters of frames, as `CaptureCounters` has them. */
export type PacketCounters = Pick<
  CaptureCounters,
  | 'attributedFrames'
  | 'attributedBytes'
  | 'unattributedFrames'
  | 'unattributedBytes'
  | 'nonIpFrames'
  | 'nonIpBytes'
  | 'taggedFrames'
>;

/** Flows handed over in one batch. */
const BATCH_FLOWS = 2048;
const BYTES = SIDE.bytes / 4;
const FIRST_NS = SIDE.firstNs / 4;
const ACTIVE_KNS = SIDE.activeKns / 4;
const FRAMES = SIDE.frames / 4;

/** Decodes frames and sums them up by flow, as the kernel program does for the eBPF backend. */
export class PacketAggregator {
  /** Added to a time given to `add` it gives nanoseconds since the Unix epoch. */
  clockOffsetNs = 0;
  readonly #sink: AggregatorSink;
  readonly #uncountedBytes: number;
  readonly #ipv4: FlowGenerations;
  readonly #ipv6: FlowGenerations;
  readonly #packet = new DecodedPacket();
  readonly #fragments = new FragmentTable();
  readonly #decapsulator: Decapsulator | undefined;
  /** Attributed ones are in `#held` until they are handed over. */
  readonly #counters: PacketCounters = {
    attributedFrames: 0,
    attributedBytes: 0,
    unattributedFrames: 0,
    unattributedBytes: 0,
    nonIpFrames: 0,
    nonIpBytes: 0,
    taggedFrames: 0,
  };
  readonly #held = { frames: 0, bytes: 0 };

  constructor(options: PacketAggregatorOptions, sink: AggregatorSink) {
    this.#sink = sink;
    this.#uncountedBytes = options.uncountedBytes ?? 0;
    this.#decapsulator = createDecapsulator(options);
    this.#ipv4 = new FlowGenerations('ipv4', options.maxFlows);
    this.#ipv6 = new FlowGenerations('ipv6', options.maxFlows);
  }

  /** Flows of the fuller family in this interval. */
  get flowCount(): number {
    return Math.max(this.#ipv4.active.count, this.#ipv6.active.count);
  }

  /** Frames and bytes given to `add` so far. */
  get seen(): { frames: number; bytes: number } {
    const c = this.#counters;
    return {
      frames: c.attributedFrames + this.#held.frames + c.unattributedFrames + c.nonIpFrames,
      bytes: c.attributedBytes + this.#held.bytes + c.unattributedBytes + c.nonIpBytes,
    };
  }

  counters(): Readonly<PacketCounters> {
    return this.#counters;
  }

  /**
   * Counts one frame to its flow. ICMP errors and DNS messages go to the sink at once.
   * @param bytes holds the captured bytes of the frame from `start` to `end`
   * @param originalBytes length of the whole frame
   * @param timeNs above 0, on a clock of the caller's; see `clockOffsetNs`
   * @param direction where the caller knows better than the link header
   */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalBytes: number,
    timeNs: number,
    linkType: LinkType,
    direction?: FrameDirection,
  ): void {
    const packet = this.#packet;
    const countedBytes = Math.max(0, originalBytes - this.#uncountedBytes);
    const kind = decodeFrame(bytes, start, end, originalBytes, linkType, packet, this.#fragments, this.#decapsulator);
    if (packet.isTagged) this.#counters.taggedFrames++;
    if (kind === 'nonIp') return this.addNonIp(originalBytes);
    const generations = packet.isIpv6 ? this.#ipv6 : this.#ipv4;
    const entry = kind === 'malformed' ? NO_ENTRY : generations.resolve(packet.key);
    if (direction !== undefined) packet.seenDirection = direction === 'outgoing' ? SEEN.outgoing : SEEN.incoming;
    if (entry === NO_ENTRY) {
      this.#counters.unattributedFrames++;
      this.#counters.unattributedBytes += countedBytes;
    } else {
      this.#held.frames++;
      this.#held.bytes += countedBytes;
      countFrame(generations.active, entry, packet, countedBytes, timeNs);
    }
    if (packet.isIcmpError || packet.isDns)
      handOverReadable(bytes, end, timeNs + this.clockOffsetNs, packet, 0, this.#sink, this.#decapsulator);
  }

  /** Counts a frame of a link type that is not decoded, by its length on the wire. */
  addNonIp(originalBytes: number): void {
    this.#counters.nonIpFrames++;
    this.#counters.nonIpBytes += Math.max(0, originalBytes - this.#uncountedBytes);
  }

  /** Hands over all flows counted since the last call, and counts on from zero. */
  drain(): void {
    for (const generations of [this.#ipv4, this.#ipv6]) {
      if (generations.active.count > 0) this.#handOver(generations.swap());
    }
    this.#counters.attributedFrames += this.#held.frames;
    this.#counters.attributedBytes += this.#held.bytes;
    this.#held.frames = 0;
    this.#held.bytes = 0;
  }

  #handOver(map: FlowMap): void {
    for (let from = 0; from < map.count; from += BATCH_FLOWS) {
      const to = Math.min(from + BATCH_FLOWS, map.count);
      this.#sink.deltas({
        family: map.family,
        count: to - from,
        keys: map.keysOf(from, to),
        values: map.valuesOf(from, to),
        clockOffsetNs: this.clockOffsetNs,
      });
    }
  }
}

function createDecapsulator(options: PacketAggregatorOptions): Decapsulator | undefined {
  const { decapsulate = [], firstTunnelNumber = 1, onTunnel = () => undefined } = options;
  return decapsulate.length === 0 ? undefined : new Decapsulator(decapsulate, firstTunnelNumber, onTunnel);
}

function countFrame(map: FlowMap, entry: number, packet: DecodedPacket, countedBytes: number, timeNs: number): void {
  const { words } = map;
  const value = entry * VALUE_BYTES;
  const own = value + packet.side * SIDE_BYTES;
  const word = own / 4;
  const low = (words[word + BYTES] as number) + countedBytes;
  words[word + BYTES] = low;
  if (low >= 2 ** 32) words[word + BYTES + 1] = (words[word + BYTES + 1] as number) + 1;
  const frames = words[word + FRAMES] as number;
  words[word + FRAMES] = frames + 1;
  if (frames === 0) map.writeTime(own + SIDE.firstNs, timeNs);
  else extendActiveTime(words, word, timeNs);
  map.bytes[own + SIDE.seen] = (map.bytes[own + SIDE.seen] as number) | packet.seenDirection;
  if (packet.isTcp) trackTcp(map, own, value + (packet.side ^ 1) * SIDE_BYTES, packet, timeNs);
}

function extendActiveTime(words: Uint32Array, word: number, timeNs: number): void {
  const firstNs = (words[word + FIRST_NS] as number) + (words[word + FIRST_NS + 1] as number) * 2 ** 32;
  const activeKns = Math.floor((timeNs - firstNs) / 1024);
  if (activeKns > (words[word + ACTIVE_KNS] as number)) words[word + ACTIVE_KNS] = activeKns;
}
