import type { SetupPlan, SetupStep } from './plan-elasticsearch-setup.ts';

const ACTIONS = {
  create: 'is made',
  update: 'is changed',
  unchanged: 'is as it should be',
  newer: 'was made by a newer podflow: left alone unless forced',
  foreign: 'was not made by podflow: left alone unless forced',
} as const;

/** A plan for people: a line for each object, and below it what changes of one that is there. */
export function toSetupText({ serverVersion, steps }: SetupPlan): string {
  return [`Elasticsearch ${serverVersion}`, ...steps.flatMap(toStepLines), ''].join('\n');
}

function toStepLines(step: SetupStep): string[] {
  if (step.kind === 'rollover') return [`data stream ${step.name} gets a new index, which takes the changes`];
  const { kind, name, action, storedVersion, version } = step;
  const isOther = storedVersion !== undefined && storedVersion !== version;
  const versions = isOther ? ` (version ${storedVersion} → ${version})` : ` (version ${version})`;
  const head = `${kind.replace('_', ' ')} ${name}${versions} ${ACTIONS[action]}`;
  if (action === 'create' || action === 'unchanged') return [head];
  return [head, ...step.changes.map(({ path, from, to }) => `  ${path}: ${from ?? '-'} → ${to ?? '-'}`)];
}
