import { readFileSync } from 'node:fs';
import { koffi, lastErrnoName, libc } from '../../lib/libc.ts';
import { createHashMap } from '../ebpf/create-hash-map.ts';
import type { Libbpf } from '../ebpf/libbpf.ts';
import {
  DROP_CONSTANTS_BYTES,
  DROP_COUNTERS,
  DROP_KEY_BYTES,
  DROP_TICK_NS,
  DROP_VALUE_BYTES,
  IGNORED_AT,
  TOLD_REASONS,
} from './drop-layout.ts';
import { dropsUnavailable } from './drops-unavailable.ts';

/** sys/mman.h */
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const PAGE_BYTES = 4096;

export type DropProgramCounters = Record<(typeof DROP_COUNTERS)[number], number>;

export interface DropProgramOptions {
  /** Entries of a map: flows, reasons and namespaces between two drains. */
  readonly mapEntries: number;
  /** Drops that each processor looks at in a second; further ones are counted only. */
  readonly dropsPerSecond: number;
  /** Numbers of reasons that are no drops. */
  readonly ignoredReasons: readonly number[];
}

/** The loaded program with its maps. It runs once attached; nothing of it outlives the process or `close`. */
export class DropProgram {
  readonly libbpf: Libbpf;
  readonly mapEntries: number;
  readonly #object: unknown;
  readonly #generationsFd: number;
  readonly #namespacesFd: number;
  readonly #counters: BigUint64Array;
  #link: unknown;

  /** @throws PodflowError KERNEL_DROPS_UNAVAILABLE with what libbpf or the verifier said */
  constructor(libbpf: Libbpf, options: DropProgramOptions) {
    this.libbpf = libbpf;
    this.mapEntries = options.mapEntries;
    const bytes = readFileSync(new URL('drops.bpf.o', import.meta.url));
    const opened = libbpf.listen(() => libbpf.objectOpenMem(bytes, bytes.length, null) as unknown);
    if (!opened.result) throw dropsUnavailable(`libbpf cannot read the program: ${opened.messages}`);
    this.#object = opened.result;
    try {
      this.#configure(options);
      this.#load();
      this.#generationsFd = this.#mapFd('generations');
      this.#namespacesFd = this.#mapFd('namespaces');
      this.#counters = this.#mapCounters();
    } catch (error) {
      libbpf.objectClose(this.#object);
      throw error;
    }
  }

  /**
   * Begins to count.
   * @throws PodflowError KERNEL_DROPS_UNAVAILABLE
   */
  attach(): void {
    const program = this.libbpf.findProgram(this.#object, 'count_drop') as unknown;
    const { result, messages } = this.libbpf.listen(() => this.libbpf.programAttach(program) as unknown);
    if (!result) throw dropsUnavailable(`the tracepoint kfree_skb cannot be had: ${messages}`);
    this.#link = result;
  }

  /** Ends the counting; processors may be in their last run of the program. Safe twice. */
  detach(): void {
    if (this.#link !== undefined) this.libbpf.linkDestroy(this.#link);
    this.#link = undefined;
  }

  close(): void {
    this.detach();
    this.libbpf.objectClose(this.#object);
  }

  counters(): DropProgramCounters {
    return Object.fromEntries(DROP_COUNTERS.map((name, i) => [name, Number(this.#counters[i])])) as DropProgramCounters;
  }

  /** Entries that the program made since it was loaded. */
  get inserted(): number {
    return Number(this.#counters[0]);
  }

  /** Tells the program of a namespace, by its inode. False when it has no room. */
  judgeNamespace(inode: number, isWanted: boolean): boolean {
    return this.libbpf.mapUpdate(this.#namespacesFd, toWord(inode), toWord(isWanted ? 1 : 0), 0) === 0;
  }

  /** Has the program count for a namespace until it is judged. */
  forgetNamespace(inode: number): void {
    this.libbpf.mapDelete(this.#namespacesFd, toWord(inode));
  }

  /** A new, empty map; returns its descriptor. */
  createMap(): number {
    return createHashMap(this.libbpf, 'drops', DROP_KEY_BYTES, DROP_VALUE_BYTES, this.mapEntries);
  }

  /**
   * Has the program count into another map. When the promise resolves no processor writes to the one before: the kernel
   * waits out its readers (synchronize_rcu) before the update returns, hence in a thread of its own.
   */
  install(fd: number): Promise<void> {
    const [key, value, count] = [toWord(0), toWord(fd), toWord(1)];
    return new Promise((resolve, reject) => {
      this.libbpf.mapUpdateBatch.async(
        this.#generationsFd,
        key,
        value,
        count,
        null,
        (error: Error | null, result: number) => {
          if (error !== null) reject(error);
          else if (result < 0) reject(dropsUnavailable(`the drop maps cannot be swapped (errno ${-result})`));
          else resolve();
        },
      );
    });
  }

  #configure({ dropsPerSecond, ignoredReasons }: DropProgramOptions): void {
    const map = this.libbpf.findMap(this.#object, '.rodata') as unknown;
    const pointer = this.libbpf.initialValue(map, Buffer.alloc(8)) as unknown;
    const constants = Buffer.from(koffi.view(pointer, DROP_CONSTANTS_BYTES));
    constants.writeUInt32LE(Math.min(Math.ceil((dropsPerSecond * DROP_TICK_NS) / 1e9), 0xffff_ffff));
    for (const reason of ignoredReasons) if (reason < TOLD_REASONS) constants[IGNORED_AT + reason] = 1;
  }

  #load(): void {
    const { result, messages } = this.libbpf.listen(() => this.libbpf.objectLoad(this.#object) as number);
    if (result !== 0) throw dropsUnavailable(`the kernel refuses the program (errno ${-result}): ${messages}`);
  }

  #mapFd(name: string): number {
    return this.libbpf.mapFd(this.libbpf.findMap(this.#object, name)) as number;
  }

  /** Shared with the kernel: libbpf makes the map of `.bss` mappable (BPF_F_MMAPABLE). */
  #mapCounters(): BigUint64Array {
    const pointer = libc.mmap(null, PAGE_BYTES, PROT_READ, MAP_SHARED, this.#mapFd('.bss'), 0) as bigint;
    if (pointer === MAP_FAILED) throw dropsUnavailable(`its counters cannot be mapped: ${lastErrnoName()}`);
    return new BigUint64Array(koffi.view(pointer, DROP_COUNTERS.length * 8));
  }
}

/** Outside the JavaScript heap, so that it stays where it is while another thread reads it. */
function toWord(value: number): Buffer {
  const word = Buffer.allocUnsafeSlow(4);
  word.writeUInt32LE(value);
  return word;
}
