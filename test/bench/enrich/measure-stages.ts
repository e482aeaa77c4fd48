import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tellProgress } from '../support/progress.ts';
import { toSpread, type Spread } from '../support/spread.ts';

const STAGES = ['decode', 'names', 'join', 'metrics', 'documents'];
const WARM_UP_ROUNDS = 2;
/** As the service runs. */
const FLAGS = ['--max-semi-space-size=16'];

/** CPU microseconds of a record up to and with each stage, both perspectives seen: no HTTP, no compression. */
export async function measureStages(objectsPath: string, rounds: number): Promise<Record<string, Spread>> {
  const children = new Map<string, ChildProcess>();
  const figures = new Map<string, number[]>();
  try {
    for (const stage of STAGES) children.set(stage, await startStage(stage, objectsPath));
    for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
      tellProgress(`enrich: stages, ${round > 0 ? `round ${round} of ${rounds}` : 'warming up'}`);
      for (const [stage, child] of children) {
        const answer = once(child, 'message');
        child.send('measure');
        const [cpuUs] = (await answer) as [number];
        if (round > 0) figures.set(stage, [...(figures.get(stage) ?? []), cpuUs]);
      }
    }
  } finally {
    for (const child of children.values()) child.disconnect();
  }
  return Object.fromEntries([...figures].map(([stage, values]) => [`${stage}CpuUsPerRecord`, toSpread(values)]));
}

async function startStage(stage: string, objectsPath: string): Promise<ChildProcess> {
  const child = fork(new URL('stages-process.ts', import.meta.url), [stage, objectsPath], { execArgv: FLAGS });
  await once(child, 'message');
  return child;
}
