import type { NamedPort } from '../model/named-end.ts';
import type { DeclaredPort } from './kubernetes-object.ts';

const NO_PORTS: readonly NamedPort[] = [];
const made = new WeakMap<readonly DeclaredPort[], readonly NamedPort[]>();

/** Those of the ports that have names, in their order. The same list for the same list: pods of a workload share it. */
export function toNamedPorts(declared: readonly DeclaredPort[]): readonly NamedPort[] {
  if (declared.length === 0) return NO_PORTS;
  const known = made.get(declared);
  if (known !== undefined) return known;
  const named = declared.flatMap(({ portKey, name }) =>
    name === undefined ? [] : [{ name, protocolNumber: Math.floor(portKey / 65_536), port: portKey % 65_536 }],
  );
  const shared = named.length === 0 ? NO_PORTS : named;
  made.set(declared, shared);
  return shared;
}
