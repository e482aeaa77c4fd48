import type { LabelRequirement, Labels, LabelSelector } from '../../model/network-policy.ts';
import { LabelMatcher } from '../../policy/label-matcher.ts';
import type { Missing } from './explanation.ts';

type LabelKind = 'pod_label' | 'namespace_label';

/** The requirements of a selector that labels do not meet; none = it matches. */
export function findLabelMisses(selector: LabelSelector, labels: Labels, kind: LabelKind): Missing[] {
  const unmet = new LabelMatcher(selector).unmet(labels);
  return unmet.map((requirement) => ({
    kind,
    wanted: toRequirementText(requirement),
    has: Object.hasOwn(labels, requirement.key) ? `${requirement.key}=${labels[requirement.key]}` : null,
  }));
}

/** All that a selector asks for: `app=web, tier in (a, b), !legacy`; empty where it selects everything. */
export function toSelectorText(selector: LabelSelector): string {
  return new LabelMatcher(selector).requirements.map(toRequirementText).join(', ');
}

/** As `kubectl get -l` writes it. */
function toRequirementText({ key, operator, values }: LabelRequirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  if (operator === 'In') return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(', ')})`;
  return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(', ')})`;
}
