import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { OtlpReceiver } from './capture/otlp-receiver.ts';
import type { OtlpMeasurement } from './otlp-encode-process.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { tellProgress } from './support/progress.ts';
import { toSpread, type Spread } from './support/spread.ts';

/**
 * CPU in µs that a flow record costs on its way out: encoded by podflow's writer and by the stock serializers, and sent
 * whole to a receiver in a process of its own. Each way runs in its own process, in bursts of 10,000 records; rounds are
 * interleaved. `node test/bench/otlp-encode.ts` prints one JSON document.
 */
const WARM_UP_ROUNDS = 2;
const ROUNDS = 7;
const SCRIPT = new URL('otlp-encode-process.ts', import.meta.url);

async function askFor<Answer>(child: ChildProcess, question: string): Promise<Answer> {
  const answer = once(child, 'message');
  child.send(question);
  return ((await answer) as [Answer])[0];
}

async function startWay(name: string, endpoint: string): Promise<{ child: ChildProcess; names: string[] }> {
  const child = fork(SCRIPT, [name, endpoint]);
  const [names] = (await once(child, 'message')) as [string[]];
  return { child, names };
}

const receiver = await OtlpReceiver.start();
const { child: first, names } = await startWay('', receiver.endpoint);
first.disconnect();
const ways = new Map<string, ChildProcess>();
for (const name of names) ways.set(name, (await startWay(name, receiver.endpoint)).child);

const results = new Map<string, OtlpMeasurement[]>(names.map((name) => [name, []]));
for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
  tellProgress(round > 0 ? `otlp: round ${round} of ${ROUNDS}` : 'otlp: warming up');
  for (const [name, child] of ways) {
    const measured = await askFor<OtlpMeasurement>(child, 'measure');
    if (round > 0) results.get(name)?.push(measured);
  }
}
for (const child of ways.values()) child.disconnect();
receiver.stop();

const toFigures = (read: (one: OtlpMeasurement) => number): Record<string, Spread> =>
  Object.fromEntries(Array.from(results, ([name, list]) => [name, toSpread(list.map(read))]));
const cpuUsPerRecord = toFigures((one) => one.cpuUsPerRecord);
const bytesPerRecord = Object.fromEntries(
  Object.entries(toFigures((one) => one.bytesPerRecord)).map(([name, { median }]) => [name, median]),
);
process.stdout.write(
  `${JSON.stringify({
    name: 'otlp',
    machine: readMachine(),
    figures: { cpuUsPerRecord, bytesPerRecord },
    goals: { sendGzipCpuUsPerRecord: atMost(3.7, cpuUsPerRecord['sendGzip']?.median ?? NaN) },
  })}\n`,
);
