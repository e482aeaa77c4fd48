import type { NamedEnd } from '../model/named-end.ts';
import type { Labels } from '../model/network-policy.ts';
import type { ClaimLimits } from './claim-index.ts';
import { isSameEnd } from './end-name.ts';
import type { Pod } from './pod-registry.ts';

/** Labels that a pod had until a time, milliseconds since the Unix epoch. */
interface PastLabels {
  readonly pod: Pod;
  readonly labels: Labels | undefined;
  readonly untilMs: number;
}

/** What is remembered of a pod whose labels changed lately. */
export interface PodPast {
  /** Oldest first; each begins where the one before it ended. */
  readonly versions: PastLabels[];
  /** Names made of the pod, of any time: those that say the same are one object. */
  ends: readonly NamedEnd[];
}

/** Names remembered for a pod; a pod has few addresses, and its labels seldom change. */
const MAX_ENDS = 64;

/** Remembers the labels that living pods had, for as long as records of that time may come. */
export class LabelHistory {
  readonly #limits: ClaimLimits;
  /** In the order in which they ended. */
  readonly #past = new Set<PastLabels>();

  constructor(limits: ClaimLimits) {
    this.#limits = limits;
  }

  /** A pod's labels are about to be others. */
  keep(pod: Pod, nowMs: number): void {
    const past = { pod, labels: pod.labels, untilMs: nowMs };
    pod.past ??= { versions: [], ends: [] };
    pod.past.versions.push(past);
    this.#past.add(past);
    this.#sweep(nowMs);
  }

  #sweep(nowMs: number): void {
    const { graceMs, maxEndedClaims } = this.#limits;
    for (const past of this.#past) {
      if (nowMs - past.untilMs < graceMs && this.#past.size <= maxEndedClaims) return;
      this.#past.delete(past);
      const { pod } = past;
      pod.past?.versions.shift();
      if (pod.past?.versions.length === 0) pod.past = undefined;
    }
  }
}

/** Whether a pod's labels are at that time what they are now, as far as is remembered. */
export function hasLabelsOfNow({ past }: Pod, timeMs: number): boolean {
  return past === undefined || timeMs >= (past.versions.at(-1)?.untilMs ?? -Infinity);
}

/** A pod's labels at a time. */
export function toLabelsAt({ past, labels }: Pod, timeMs: number): Labels | undefined {
  if (past !== undefined) for (const version of past.versions) if (timeMs < version.untilMs) return version.labels;
  return labels;
}

/** Of names of a pod that say the same, the one that was handed in first. */
export function toSharedEnd({ past }: Pod, end: NamedEnd): NamedEnd {
  if (past === undefined) return end;
  const known = past.ends.find((each) => isSameEnd(each, end));
  if (known === undefined) past.ends = [...past.ends.slice(1 - MAX_ENDS), end];
  return known ?? end;
}
