import type { BpfRuns, PeakMemory } from '../support/process-sampler.ts';
import { toAccountedPercent } from './accounted-percent.ts';
import type { LoadResult } from './loads/load.ts';
import type { ObserverAccount } from './observers/observer.ts';
import type { Received } from './otlp-receiver.ts';

/** Everything that is read before a load and again when all of it has been reported. */
export interface Reading {
  readonly timeMs: number;
  readonly frames: number;
  readonly cpuSeconds: number;
  readonly bpf: BpfRuns;
  readonly received: Received;
}

/** What one run under an observer gave; M = million frames that the interface counted. */
export interface AccountingFigures {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly accountedPercent: number;
  readonly attributedPercent: number;
  /** What the observer itself says it missed. */
  readonly missedPercent?: number;
  /** CPU time of the observer's processes. */
  readonly observerCpuSecondsPerM: number;
  /** Run time of its programs in the kernel, which is nobody's process time. */
  readonly bpfCpuSecondsPerM?: number;
  readonly cpuSecondsPerM: number;
  readonly bpfNsPerRun?: number;
  readonly rssAnonMib: number;
  readonly vmRssMib: number;
  readonly kernelMapsMib?: number;
  readonly records: number;
  readonly otlpRequests?: number;
  readonly otlpBytesPerRecord?: number;
  readonly observerCpuSeconds: number;
  /** From the load's start until all of it was reported. */
  readonly windowSeconds: number;
  readonly requestsPerSecond?: number;
  readonly errors?: number;
}

export interface AccountingRun {
  readonly before: Reading;
  readonly after: Reading;
  readonly result: LoadResult;
  readonly account: ObserverAccount;
  readonly peak: PeakMemory;
}

const MIB = 2 ** 20;

export function toAccountingFigures({ before, after, result, account, peak }: AccountingRun): AccountingFigures {
  const frames = after.frames - before.frames;
  const observerCpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const bpfSeconds = (after.bpf.runTimeNs - before.bpf.runTimeNs) / 1e9;
  const perM = (seconds: number): number => (seconds / frames) * 1e6;
  return {
    frames,
    framesPerSecond: Math.round(frames / result.seconds),
    accountedPercent: toAccountedPercent(account.frames, frames),
    attributedPercent: toAccountedPercent(account.attributedFrames, frames),
    ...(account.missedFrames === undefined ? {} : { missedPercent: (account.missedFrames / frames) * 100 }),
    observerCpuSecondsPerM: perM(observerCpuSeconds),
    cpuSecondsPerM: perM(observerCpuSeconds + bpfSeconds),
    ...toBpfFigures(before, after, perM(bpfSeconds)),
    rssAnonMib: peak.anonymous / MIB,
    vmRssMib: peak.resident / MIB,
    ...(peak.kernelMaps === 0 ? {} : { kernelMapsMib: peak.kernelMaps / MIB }),
    records: account.records,
    ...toOtlpFigures(before, after, account.records),
    observerCpuSeconds,
    windowSeconds: (after.timeMs - before.timeMs) / 1e3,
    ...toRequestFigures(result),
  };
}

function toRequestFigures({ requestsPerSecond, errors }: LoadResult): Pick<LoadResult, 'requestsPerSecond' | 'errors'> {
  return requestsPerSecond === undefined || errors === undefined ? {} : { requestsPerSecond, errors };
}

function toBpfFigures(
  before: Reading,
  after: Reading,
  bpfCpuSecondsPerM: number,
): Pick<AccountingFigures, 'bpfCpuSecondsPerM' | 'bpfNsPerRun'> {
  const runs = after.bpf.runCount - before.bpf.runCount;
  if (runs === 0) return {};
  return { bpfCpuSecondsPerM, bpfNsPerRun: (after.bpf.runTimeNs - before.bpf.runTimeNs) / runs };
}

function toOtlpFigures(
  before: Reading,
  after: Reading,
  records: number,
): Pick<AccountingFigures, 'otlpRequests' | 'otlpBytesPerRecord'> {
  const otlpRequests = after.received.requests - before.received.requests;
  if (otlpRequests === 0) return {};
  return { otlpRequests, otlpBytesPerRecord: (after.received.bytes - before.received.bytes) / records };
}
