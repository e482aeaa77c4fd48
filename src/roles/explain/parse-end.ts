import { toCanonicalAddress } from '../../k8s/canonical-address.ts';

/** What an end is asked for by. */
export type AskedEnd =
  | { readonly by: 'address'; readonly address: string }
  /** `kind` in lower case and singular; undefined where it is not said. */
  | { readonly by: 'name'; readonly kind: string | undefined; readonly namespaceName: string; readonly name: string };

/** As kubectl abbreviates them. */
const SHORT_KINDS: Readonly<Record<string, string>> = {
  po: 'pod',
  svc: 'service',
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  cj: 'cronjob',
};
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** Reads `NAMESPACE/NAME`, `KIND/NAMESPACE/NAME` or an IP address; undefined for what is none of these. */
export function parseEnd(text: string): AskedEnd | undefined {
  const address = toCanonicalAddress(text.replace(/^\[(.+)\]$/, '$1'));
  if (address !== undefined) return { by: 'address', address };
  const parts = text.split('/');
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => NAME.test(part))) return undefined;
  const [namespaceName = '', name = ''] = parts.slice(-2);
  return { by: 'name', kind: parts.length === 3 ? toKind(parts[0] ?? '') : undefined, namespaceName, name };
}

function toKind(text: string): string {
  const lower = text.toLowerCase();
  return SHORT_KINDS[lower] ?? lower.replace(/s$/, '');
}
