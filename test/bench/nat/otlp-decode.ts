import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { atLeast, atMost, type Goal } from '../support/goal.ts';
import { tellProgress } from '../support/progress.ts';
import { toSpread, type Spread } from '../support/spread.ts';
import type { DecodeMeasurement } from './otlp-decode-process.ts';

export interface OtlpDecodeOptions {
  /** Measured rounds of each way, interleaved; default 7. */
  readonly rounds?: number;
}

export interface OtlpDecodeResult {
  readonly figures: {
    readonly recordBytes: number;
    readonly recordsPerCpuSecond: Readonly<Record<string, Spread>>;
    readonly rewriteCpuUsPerRecord: Spread;
    readonly largeRequest: { readonly mib: number; readonly longestBlockMs: Spread };
  };
  readonly goals: Readonly<Record<string, Goal>>;
}

const WARM_UP_ROUNDS = 2;
const SCRIPT = new URL('otlp-decode-process.ts', import.meta.url);
/** As the node role runs. The peer is given Node.js' defaults, with which it is more than twice as fast. */
const FLAGS = ['--max-semi-space-size=1'];
const PEER = 'protobufjsDecode';

/**
 * Measures how many 20-attribute records one core decodes in a second: by podflow alone, decoded, translated and
 * rewritten, and by protobufjs, which gives objects of attributes and not yet records; and how long a request near the
 * size limit holds up the event loop. Each way runs in a process of its own.
 */
export async function measureOtlpDecode({ rounds = 7 }: OtlpDecodeOptions = {}): Promise<OtlpDecodeResult> {
  const children = await startWays();
  const results = new Map<string, DecodeMeasurement[]>();
  try {
    for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
      tellProgress(`otlp-decode: ${round > 0 ? `round ${round} of ${rounds}` : 'warming up'}`);
      for (const [name, child] of children) {
        const measured = await ask(child);
        if (round > 0) results.set(name, [...(results.get(name) ?? []), measured]);
      }
    }
  } finally {
    for (const child of children.values()) child.disconnect();
  }
  return toResult(results);
}

function toResult(results: ReadonlyMap<string, readonly DecodeMeasurement[]>): OtlpDecodeResult {
  const of = (name: string, key: keyof DecodeMeasurement): number[] =>
    (results.get(name) ?? []).map((one) => one[key] ?? NaN);
  const rates = [...results.keys()].filter((name) => name !== 'largeRequest');
  const recordsPerCpuSecond = Object.fromEntries(
    rates.map((name) => [name, toSpread(of(name, 'recordsPerCpuSecond'))]),
  );
  const decoded = of('decode', 'recordsPerCpuSecond');
  const rewritten = of('decodeTranslateRewrite', 'recordsPerCpuSecond');
  const longestBlockMs = toSpread(of('largeRequest', 'longestBlockMs'));
  return {
    figures: {
      recordBytes: of('decode', 'recordBytes')[0] ?? NaN,
      recordsPerCpuSecond,
      rewriteCpuUsPerRecord: toSpread(decoded.map((rate, i) => 1e6 / (rewritten[i] ?? NaN) - 1e6 / rate)),
      largeRequest: { mib: of('largeRequest', 'requestMib')[0] ?? NaN, longestBlockMs },
    },
    goals: {
      decodedRecordsPerCpuSecond: atLeast(400_000, recordsPerCpuSecond['decode']?.median ?? NaN),
      largeRequestLongestBlockMs: atMost(10, longestBlockMs.median),
    },
  };
}

async function startWays(): Promise<Map<string, ChildProcess>> {
  const { child: first, names } = await startWay('');
  first.disconnect();
  const children = new Map<string, ChildProcess>();
  for (const name of names) children.set(name, (await startWay(name)).child);
  return children;
}

async function startWay(name: string): Promise<{ child: ChildProcess; names: string[] }> {
  const child = fork(SCRIPT, [name], { execArgv: name === PEER ? [] : FLAGS });
  const [names] = (await once(child, 'message')) as [string[]];
  return { child, names };
}

async function ask(child: ChildProcess): Promise<DecodeMeasurement> {
  const answer = once(child, 'message');
  child.send('measure');
  return ((await answer) as [DecodeMeasurement])[0];
}
