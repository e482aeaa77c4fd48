import type { Verdict } from '../../model/flow-record.ts';

/** ECS `event.outcome` of each verdict, and what it adds to `event.type`. */
const VERDICT_FACTS: Readonly<Record<Verdict, { outcome: string; type: readonly string[] }>> = {
  forwarded: { outcome: 'success', type: ['allowed'] },
  dropped: { outcome: 'failure', type: ['denied'] },
  rejected: { outcome: 'failure', type: ['denied'] },
  unknown: { outcome: 'unknown', type: [] },
};

/** Bits of the index into a verdict's texts. */
export const EVENT_START = 1;
export const EVENT_END = 2;

/**
 * `"type":[…],"action":"network_flow","outcome":…` by verdict and by whether the connection began and ended. The action
 * is always the one by which Kibana knows a flow; the verdict is in type and outcome, which ECS has for that.
 */
export const EVENT_TEXTS: Readonly<Record<Verdict, readonly string[]>> = {
  forwarded: toTexts('forwarded'),
  dropped: toTexts('dropped'),
  rejected: toTexts('rejected'),
  unknown: toTexts('unknown'),
};

function toTexts(verdict: Verdict): string[] {
  const { outcome, type } = VERDICT_FACTS[verdict];
  return [0, EVENT_START, EVENT_END, EVENT_START | EVENT_END].map((bits) => {
    const start = (bits & EVENT_START) === 0 ? [] : ['start'];
    const end = (bits & EVENT_END) === 0 ? [] : ['end'];
    const types = JSON.stringify(['connection', ...start, ...end, ...type]);
    return `"type":${types},"action":"network_flow","outcome":"${outcome}"`;
  });
}
