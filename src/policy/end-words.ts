import type { NamedEnd } from '../model/named-end.ts';
import type { PolicyName } from '../model/policy-judgement.ts';

/** An end as sentences name it: `shop/web-58b7c9d4f-mzt5s`, `node worker-1`, `service shop/web`, or an address. */
export function toEndWords({ kind, namespaceName, podName, nodeName, serviceName, address }: NamedEnd): string {
  if (kind === 'pod') return `${namespaceName ?? ''}/${podName ?? address}`;
  if (kind === 'node') return `node ${nodeName ?? address}`;
  if (kind === 'ambiguous') return `${address} of node ${nodeName ?? ''}`;
  return kind === 'service' && serviceName !== undefined ? `service ${namespaceName ?? ''}/${serviceName}` : address;
}

/** `NetworkPolicy shop/a`, `NetworkPolicies shop/a and shop/b` */
export function toPolicyWords(policies: readonly PolicyName[]): string {
  const names = policies.map(({ namespaceName, name }) => `${namespaceName}/${name}`);
  return `${names.length === 1 ? 'NetworkPolicy' : 'NetworkPolicies'} ${joinWords(names, 'and')}`;
}

/** `a, b and c`; of many only the first few. */
export function joinWords(words: readonly string[], conjunction: 'and' | 'or', most = 5): string {
  const told = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
  const last = told.at(-1) ?? '';
  return told.length < 2 ? last : `${told.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}
