import type { Labels } from '../model/network-policy.ts';

export function isSameLabels(one: Labels | undefined, other: Labels | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
