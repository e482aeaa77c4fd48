import type { PolicyCatalogue } from '../../model/network-policy.ts';

/** What is to be known of policies of some namespaces that could not be read: each with the field that is wrong. */
export function toMalformedNotes(namespaceNames: readonly (string | null)[], catalogue: PolicyCatalogue): string[] {
  const known = new Set(namespaceNames.filter((name) => name !== null));
  const policies = [...known].flatMap((name) => catalogue.policies(name, Infinity));
  return policies
    .filter(({ isWhole }) => !isWhole)
    .map(({ namespaceName, name, fault }) => {
      const where = fault === undefined ? 'a field' : fault;
      return `NetworkPolicy ${namespaceName}/${name} cannot be read: ${where} is missing or of another form`;
    });
}
