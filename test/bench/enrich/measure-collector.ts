import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { COLLECTOR, startCollector } from '../../e2e/collector/start-collector.ts';
import { ProcessSampler } from '../support/process-sampler.ts';
import { tellProgress } from '../support/progress.ts';
import { toSpread, type Spread } from '../support/spread.ts';
import type { Teardown } from '../support/teardown.ts';
import type { SendOrder, SendResult } from './sender-process.ts';

export interface CollectorFigures {
  readonly recordsPerCpuSecond: Spread;
  readonly residentMib: number;
}

const IN_FLIGHT = 8;
const INTERVAL_END_NS = 1_795_258_810_000_000_000;

/** The yardstick: a Collector that reads the same requests and writes them as JSON to a file that keeps nothing. */
const CONFIG = `yaml:
extensions: { health_check: { endpoint: "\${env:HEALTH_ENDPOINT}" } }
receivers: { otlp: { protocols: { http: { endpoint: "\${env:OTLP_ENDPOINT}" } } } }
exporters: { file: { path: /dev/null, format: json } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [file] } }
`;

/** Undefined where no Collector was built (`sh deploy/setup.sh e2e`). */
export async function measureCollector(
  teardown: Teardown,
  connections: number,
  rounds: number,
): Promise<CollectorFigures | undefined> {
  if (!existsSync(COLLECTOR)) return undefined;
  const collector = await startCollector(CONFIG, {});
  const removeKill = teardown.add(() => void collector.kill());
  const sender = fork(new URL('sender-process.ts', import.meta.url), { stdio: 'inherit' });
  const order: SendOrder = {
    url: collector.url,
    connections,
    sides: ['client', 'server'],
    intervalEndNs: INTERVAL_END_NS,
    inFlight: IN_FLIGHT,
  };
  const prepared = once(sender, 'message');
  sender.send({ prepare: order });
  await prepared;
  const sampler = new ProcessSampler([collector.pid]);
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    tellProgress(`enrich: Collector, ${round > 0 ? `round ${round} of ${rounds}` : 'warming up'}`);
    const before = sampler.cpuSeconds();
    const answer = once(sender, 'message');
    sender.send({ send: order });
    const [{ records }] = (await answer) as [SendResult];
    if (round > 0) rates.push(records / (sampler.cpuSeconds() - before));
  }
  sampler.stop();
  sender.disconnect();
  await collector.stop();
  removeKill();
  return { recordsPerCpuSecond: toSpread(rates), residentMib: Math.round(sampler.peak.resident / 2 ** 20) };
}
