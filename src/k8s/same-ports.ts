import type { DeclaredPort } from './kubernetes-object.ts';

export function isSamePorts(one: readonly DeclaredPort[], other: readonly DeclaredPort[]): boolean {
  if (one === other) return true;
  const isSame = ({ portKey, name }: DeclaredPort, i: number): boolean =>
    portKey === other[i]?.portKey && name === other[i].name;
  return one.length === other.length && one.every(isSame);
}
