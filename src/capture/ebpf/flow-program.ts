import { koffi, lastErrnoName, libc } from '../../lib/libc.ts';
import { KEY_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { MAX_TUNNELS, TUNNEL_KEY_BYTES } from '../packet/tunnel-key.ts';
import { createHashMap } from './create-hash-map.ts';
import { FlowObject } from './flow-object.ts';
import { loadLibbpf, type Libbpf } from './libbpf.ts';
import { toProgramConstants, type FlowPoints } from './program-constants.ts';
import { orUnavailable, unavailable } from './unavailable.ts';

/** sys/mman.h */
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const PAGE_BYTES = 4096;

/** Cells of `struct counters` in flow.h, in order. */
const COUNTERS = [
  'nonIpFrames',
  'nonIpBytes',
  'unattributedFrames',
  'unattributedBytes',
  'taggedFrames',
  'inserted4',
  'inserted6',
  'tunnels',
] as const;

export type FlowProgramCounters = Record<(typeof COUNTERS)[number], number>;

export interface FlowProgramOptions {
  /** Flows that one interval's map of a family holds. */
  readonly mapEntries: number;
  readonly isLoopback: boolean;
  readonly points: FlowPoints;
  /** Tunnels to look into, which KernelTunnels names; at most MAX_TUNNEL_PORTS, none when absent. */
  readonly decapsulate?: readonly TunnelPort[] | undefined;
  /**
   * Counts into the maps and counters of this program, which are then the sums of both: its generations are swapped and
   * its counters read as before. `mapEntries` is that one's. It must be closed last.
   */
  readonly shareMapsOf?: FlowProgram;
}

/** What instances of the program have in common when they share; `.bss` are the counters. */
const SHARED_MAPS = ['generations4', 'generations6', 'fragments', '.bss'] as const;
const TUNNELS_MAP = 'tunnels';
const TUNNEL_NUMBER_BYTES = 4;

export type Family = 'ipv4' | 'ipv6';

/** The loaded socket filter with its maps. Nothing of it outlives the process or `close`. */
export class FlowProgram {
  readonly libbpf: Libbpf;
  readonly fd: number;
  readonly mapEntries: number;
  readonly #points: FlowPoints;
  /** Itself, or the program whose maps it shares. */
  readonly #owner: FlowProgram;
  readonly #object: FlowObject;
  readonly #generations: Record<Family, number>;
  readonly #counters: BigUint64Array;
  #tunnelsFd: number | undefined;
  #isClosed = false;

  /**
   * Loads the compiled filter into the kernel.
   * @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE with what the loader, libbpf or the verifier said
   */
  static load(options: FlowProgramOptions): FlowProgram {
    return new FlowProgram(options);
  }

  private constructor(options: FlowProgramOptions) {
    const { points, shareMapsOf, isLoopback, decapsulate = [] } = options;
    this.libbpf = orUnavailable('libbpf.so.1 cannot be loaded', loadLibbpf);
    this.#points = points;
    this.#owner = shareMapsOf === undefined ? this : shareMapsOf.#owner;
    this.mapEntries = shareMapsOf === undefined ? options.mapEntries : shareMapsOf.mapEntries;
    const usesTunnels = decapsulate.length > 0;
    this.#object = new FlowObject(this.libbpf, {
      constants: toProgramConstants({ isLoopback, points, decapsulate }),
      program: usesTunnels ? 'observe_tunnels' : 'observe',
      maps: this.#sharedMaps(usesTunnels),
      unusedMaps: usesTunnels ? [] : [TUNNELS_MAP],
    });
    this.fd = this.#object.programFd;
    this.#generations = { ipv4: this.#object.mapFd('generations4'), ipv6: this.#object.mapFd('generations6') };
    this.#counters = shareMapsOf === undefined ? this.#mapCounters() : shareMapsOf.#counters;
  }

  #sharedMaps(usesTunnels: boolean): Map<string, number> {
    const owner = this.#owner;
    const maps = new Map<string, number>();
    if (owner !== this) for (const name of SHARED_MAPS) maps.set(name, owner.#object.mapFd(name));
    if (usesTunnels) maps.set(TUNNELS_MAP, owner.tunnelsFd());
    return maps;
  }

  /** The program's counters, shared with the kernel: libbpf makes the map of `.bss` mappable (BPF_F_MMAPABLE). */
  #mapCounters(): BigUint64Array {
    const pointer = libc.mmap(null, PAGE_BYTES, PROT_READ, MAP_SHARED, this.#object.mapFd('.bss'), 0) as bigint;
    if (pointer === MAP_FAILED) throw unavailable(`its counters cannot be mapped: ${lastErrnoName()}`);
    return new BigUint64Array(koffi.view(pointer, COUNTERS.length * 8));
  }

  /** The `point` in the keys of frames that a socket with this program sees at an interface. */
  pointOf(ifindex: number): number {
    if (this.#points === 'one') return 0;
    return this.#points === 'by_interface' ? ifindex : this.#points;
  }

  counters(): FlowProgramCounters {
    return Object.fromEntries(COUNTERS.map((name, i) => [name, Number(this.#counters[i])])) as FlowProgramCounters;
  }

  /** Flows that the program put into the maps of a family since it was loaded. */
  inserted(family: Family): number {
    return Number(this.#counters[COUNTERS.indexOf(family === 'ipv4' ? 'inserted4' : 'inserted6')]);
  }

  /** The map of tunnels of all that share with this program; made when the first of them, or whoever reads it, asks. */
  tunnelsFd(): number {
    const owner = this.#owner;
    if (owner !== this) return owner.tunnelsFd();
    this.#tunnelsFd ??= createHashMap(this.libbpf, TUNNELS_MAP, TUNNEL_KEY_BYTES, TUNNEL_NUMBER_BYTES, MAX_TUNNELS);
    return this.#tunnelsFd;
  }

  /** A new, empty flow map for one generation of a family; returns its descriptor. */
  createGeneration(family: Family): number {
    return createHashMap(this.libbpf, `flows_${family}`, KEY_BYTES[family], VALUE_BYTES, this.mapEntries);
  }

  /**
   * Makes `active` the map that counts from now on and `previous` the one that flows are carried over from. When the
   * promise resolves no processor writes to any other map: the kernel waits out its readers (synchronize_rcu) before
   * the update returns, which takes 7 to 70 ms and therefore runs in a thread of its own.
   */
  installGenerations(family: Family, active: number, previous: number | undefined): Promise<void> {
    const slots =
      previous === undefined
        ? [[0, active]]
        : [
            [1, previous],
            [0, active],
          ];
    const keys = wordBuffer(slots.map(([slot]) => slot ?? 0));
    const descriptors = wordBuffer(slots.map(([, fd]) => fd ?? 0));
    const count = wordBuffer([slots.length]);
    return new Promise((resolve, reject) => {
      this.libbpf.mapUpdateBatch.async(
        this.#generations[family],
        keys,
        descriptors,
        count,
        null,
        (error: Error | null, result: number) => {
          if (error !== null) reject(error);
          else if (result < 0) reject(unavailable(`the flow maps cannot be swapped (errno ${-result})`));
          else resolve();
        },
      );
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.#object.close();
    if (this.#tunnelsFd !== undefined) libc.close(this.#tunnelsFd);
    this.#tunnelsFd = undefined;
  }
}

/** Outside the JavaScript heap, so that it stays where it is while another thread reads it. */
function wordBuffer(words: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafeSlow(128);
  words.forEach((word, i) => buffer.writeUInt32LE(word, i * 4));
  return buffer;
}
