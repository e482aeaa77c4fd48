import { readFileSync } from 'node:fs';
import { koffi, lastErrnoName, libc } from '../../lib/libc.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import { KEY_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import { loadLibbpf, type Libbpf } from './libbpf.ts';

/** linux/bpf.h */
const BPF_MAP_TYPE_HASH = 1;
const BPF_F_NO_PREALLOC = 1;
/** `struct bpf_map_create_opts`: size_t sz, then u32s, of which map_flags is the sixth (bpf/bpf.h). */
const CREATE_OPTIONS_BYTES = 48;
const CREATE_OPTIONS_FLAGS_AT = 28;

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
] as const;

export type FlowProgramCounters = Record<(typeof COUNTERS)[number], number>;

export interface FlowProgramOptions {
  /** Flows that one interval's map of a family holds. */
  readonly mapEntries: number;
  readonly isLoopback: boolean;
}

const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

/** The loaded socket filter with its maps. Nothing of it outlives the process or `close`. */
export class FlowProgram {
  readonly libbpf: Libbpf;
  readonly fd: number;
  readonly mapEntries: number;
  readonly #object: unknown;
  readonly #generations: Record<Family, number>;
  readonly #counters: BigUint64Array;

  /**
   * Loads the compiled filter into the kernel.
   * @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE with what the loader, libbpf or the verifier said
   */
  static load(options: FlowProgramOptions): FlowProgram {
    const libbpf = orUnavailable('libbpf.so.1 cannot be loaded', loadLibbpf);
    const bytes = orUnavailable('the compiled filter is missing', () =>
      readFileSync(new URL('flow.bpf.o', import.meta.url)),
    );
    return new FlowProgram(libbpf, bytes, options);
  }

  private constructor(libbpf: Libbpf, bytes: Buffer, options: FlowProgramOptions) {
    this.libbpf = libbpf;
    this.mapEntries = options.mapEntries;
    const opened = libbpf.listen(() => libbpf.objectOpenMem(bytes, bytes.length, null) as unknown);
    if (!opened.result) throw unavailable(`libbpf cannot read the filter: ${opened.messages}`);
    this.#object = opened.result;
    this.#configure(options);
    const loaded = libbpf.listen(() => libbpf.objectLoad(this.#object) as number);
    if (loaded.result !== 0) {
      libbpf.objectClose(this.#object);
      throw unavailable(`the kernel refuses the filter (errno ${-loaded.result}): ${loaded.messages}`);
    }
    this.fd = libbpf.programFd(libbpf.findProgram(this.#object, 'observe')) as number;
    this.#generations = {
      ipv4: libbpf.mapFd(this.#map('generations4')) as number,
      ipv6: libbpf.mapFd(this.#map('generations6')) as number,
    };
    this.#counters = new BigUint64Array(this.#mapCounters());
  }

  #map(name: string): unknown {
    return this.libbpf.findMap(this.#object, name) as unknown;
  }

  #configure(options: FlowProgramOptions): void {
    const pointer = this.libbpf.initialValue(this.#map('.rodata'), Buffer.alloc(8)) as unknown;
    const constants = new Uint32Array(koffi.view(pointer, 4));
    constants[0] = options.isLoopback ? 1 : 0;
  }

  /** The program's counters, shared with the kernel: libbpf makes the map of `.bss` mappable (BPF_F_MMAPABLE). */
  #mapCounters(): ArrayBuffer {
    const fd = this.libbpf.mapFd(this.#map('.bss')) as number;
    const pointer = libc.mmap(null, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0) as bigint;
    if (pointer === MAP_FAILED) throw unavailable(`its counters cannot be mapped: ${lastErrnoName()}`);
    return koffi.view(pointer, COUNTERS.length * 8);
  }

  counters(): FlowProgramCounters {
    return Object.fromEntries(COUNTERS.map((name, i) => [name, Number(this.#counters[i])])) as FlowProgramCounters;
  }

  /** Flows that the program put into the maps of a family since it was loaded. */
  inserted(family: Family): number {
    return Number(this.#counters[COUNTERS.indexOf(family === 'ipv4' ? 'inserted4' : 'inserted6')]);
  }

  /** A new, empty flow map for one generation of a family; returns its descriptor. */
  createGeneration(family: Family): number {
    const options = Buffer.alloc(CREATE_OPTIONS_BYTES);
    options.writeBigUInt64LE(BigInt(CREATE_OPTIONS_BYTES), 0);
    options.writeUInt32LE(BPF_F_NO_PREALLOC, CREATE_OPTIONS_FLAGS_AT);
    const keyBytes = KEY_BYTES[family];
    const fd = this.libbpf.mapCreate(
      BPF_MAP_TYPE_HASH,
      `flows_${family}`,
      keyBytes,
      VALUE_BYTES,
      this.mapEntries,
      options,
    ) as number;
    if (fd < 0) throw unavailable(`a flow map of ${this.mapEntries} entries cannot be made (errno ${-fd})`);
    return fd;
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

  close(): void {
    this.libbpf.objectClose(this.#object);
  }
}

/** Outside the JavaScript heap, so that it stays where it is while another thread reads it. */
function wordBuffer(words: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafeSlow(128);
  words.forEach((word, i) => buffer.writeUInt32LE(word, i * 4));
  return buffer;
}

function unavailable(reason: string, cause?: unknown): PodflowError {
  return new PodflowError('CAPTURE_BACKEND_UNAVAILABLE', { backend: 'ebpf', reason }, cause);
}

function orUnavailable<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unavailable(`${what}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
