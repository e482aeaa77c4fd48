import type { LabelRequirement, Labels, LabelSelector } from '../model/network-policy.ts';

const NO_LABELS: Labels = {};

/**
 * A label selector. As the API has it (apimachinery `labels.Requirement`), `NotIn` and `DoesNotExist` also match labels
 * without the key, and all requirements must hold.
 */
export class LabelMatcher {
  /** Each label that must be there is an `In` of one value. */
  readonly requirements: readonly LabelRequirement[];

  constructor({ matchLabels, matchExpressions }: LabelSelector) {
    const labels = Object.entries(matchLabels).map(
      ([key, value]) => ({ key, operator: 'In', values: [value] }) as const,
    );
    this.requirements = [...labels, ...matchExpressions];
  }

  matches(labels: Labels = NO_LABELS): boolean {
    for (const requirement of this.requirements) if (!isMet(requirement, labels)) return false;
    return true;
  }

  unmet(labels: Labels = NO_LABELS): LabelRequirement[] {
    return this.requirements.filter((requirement) => !isMet(requirement, labels));
  }
}

function isMet({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  // A key may be called as something that all objects have, such as `constructor`.
  if (!Object.hasOwn(labels, key)) return operator === 'NotIn' || operator === 'DoesNotExist';
  switch (operator) {
    case 'In':
      return values.includes(labels[key]!);
    case 'NotIn':
      return !values.includes(labels[key]!);
    case 'Exists':
      return true;
    case 'DoesNotExist':
      return false;
  }
}
