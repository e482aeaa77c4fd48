import { listProcessTree, readBpfObjects, readProcessFile } from './process-files.ts';
import { parseProcessMemory } from './proc-memory.ts';
import { parseCpuSeconds } from './proc-stat.ts';

const SAMPLE_MS = 100;
/** The tree and the maps change slowly and cost more to read. */
const SAMPLES_PER_SCAN = 10;

/** The highest seen so far, in bytes, summed over the processes. */
export interface PeakMemory {
  anonymous: number;
  resident: number;
  kernelMaps: number;
}

export interface BpfRuns {
  readonly runTimeNs: number;
  readonly runCount: number;
}

/** Watches processes and all that descend from them: CPU time, memory, and what the kernel does for them in BPF. */
export class ProcessSampler {
  readonly peak: PeakMemory = { anonymous: 0, resident: 0, kernelMaps: 0 };
  readonly #roots: readonly number[];
  /** The last reading of each process, kept when it has ended. */
  readonly #cpuSeconds = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  #pids: readonly number[];
  #samples = 0;

  constructor(roots: readonly number[]) {
    this.#roots = roots;
    this.#pids = roots;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** CPU seconds of all threads of all processes up to now. */
  cpuSeconds(): number {
    this.#scan();
    this.#readCpu();
    return [...this.#cpuSeconds.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  /** Runs of the BPF programs that the processes hold; counted only while kernel.bpf_stats_enabled is 1. */
  bpfRuns(): BpfRuns {
    let runTimeNs = 0;
    let runCount = 0;
    for (const object of readBpfObjects(this.#pids)) {
      if (object.kind !== 'program') continue;
      runTimeNs += object.runTimeNs;
      runCount += object.runCount;
    }
    return { runTimeNs, runCount };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    if (this.#samples++ % SAMPLES_PER_SCAN === 0) this.#scan();
    this.#readCpu();
    this.#readMemory();
  }

  #scan(): void {
    this.#pids = listProcessTree(this.#roots);
    let kernelMaps = 0;
    for (const object of readBpfObjects(this.#pids)) if (object.kind === 'map') kernelMaps += object.memoryBytes;
    this.peak.kernelMaps = Math.max(this.peak.kernelMaps, kernelMaps);
  }

  #readCpu(): void {
    for (const pid of this.#pids) {
      const stat = readProcessFile(pid, 'stat');
      if (stat !== undefined) this.#cpuSeconds.set(pid, parseCpuSeconds(stat));
    }
  }

  #readMemory(): void {
    let anonymous = 0;
    let resident = 0;
    for (const pid of this.#pids) {
      const memory = parseProcessMemory(readProcessFile(pid, 'status') ?? '');
      anonymous += memory.anonymous;
      resident += memory.resident;
    }
    this.peak.anonymous = Math.max(this.peak.anonymous, anonymous);
    this.peak.resident = Math.max(this.peak.resident, resident);
  }
}
