import { parseProcessMemory } from '../support/proc-memory.ts';
import { parseCpuSeconds } from '../support/proc-stat.ts';
import { readBpfObjects, readProcessFile } from '../support/process-files.ts';

const SAMPLE_MS = 1_000;

/** Over the processes of a group. */
export interface GroupSum {
  readonly sum: number;
  readonly least: number;
  readonly most: number;
}

export interface GroupFigures {
  readonly processes: number;
  readonly cpuSecondsPerSecond: GroupSum;
  /** Highest of each process in the time looked at, MiB. */
  readonly anonymousMib: GroupSum;
  /** With file pages, which processes of one program share. */
  readonly residentMib: GroupSum;
  /** All maps of the kernel programs, each once; the highest of the sum, MiB. */
  readonly kernelMapsMib: number;
}

/** Looks at processes once a second, seldom enough that fifty of them do not notice. */
export class ProcessGroup {
  readonly #pids: readonly number[];
  readonly #anonymous = new Map<number, number>();
  readonly #resident = new Map<number, number>();
  readonly #cpuAtStart: ReadonlyMap<number, number>;
  readonly #timer: NodeJS.Timeout;
  #kernelMaps = 0;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#cpuAtStart = this.#readCpu();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Ends the looking. @param seconds by which CPU time is divided */
  finish(seconds: number): GroupFigures {
    clearInterval(this.#timer);
    this.#sample();
    const cpu = this.#readCpu();
    const mib = (bytes: number): number => bytes / 2 ** 20;
    return {
      processes: this.#pids.length,
      cpuSecondsPerSecond: toSum(
        this.#pids.map((pid) => ((cpu.get(pid) ?? NaN) - (this.#cpuAtStart.get(pid) ?? 0)) / seconds),
      ),
      anonymousMib: toSum([...this.#anonymous.values()].map(mib)),
      residentMib: toSum([...this.#resident.values()].map(mib)),
      kernelMapsMib: round(mib(this.#kernelMaps)),
    };
  }

  #sample(): void {
    for (const pid of this.#pids) {
      const { anonymous, resident } = parseProcessMemory(readProcessFile(pid, 'status') ?? '');
      this.#anonymous.set(pid, Math.max(anonymous, this.#anonymous.get(pid) ?? 0));
      this.#resident.set(pid, Math.max(resident, this.#resident.get(pid) ?? 0));
    }
    let kernelMaps = 0;
    for (const object of readBpfObjects(this.#pids)) if (object.kind === 'map') kernelMaps += object.memoryBytes;
    this.#kernelMaps = Math.max(this.#kernelMaps, kernelMaps);
  }

  #readCpu(): Map<number, number> {
    return new Map(this.#pids.map((pid) => [pid, parseCpuSeconds(readProcessFile(pid, 'stat') ?? '')]));
  }
}

function toSum(values: readonly number[]): GroupSum {
  const sum = values.reduce((total, value) => total + value, 0);
  return { sum: round(sum), least: round(Math.min(...values)), most: round(Math.max(...values)) };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
