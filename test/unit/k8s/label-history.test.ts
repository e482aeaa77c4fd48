import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { nodeObject, podObject, type PodOptions } from '../../support/kubernetes-objects.ts';

const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number): number => NOON_MS + 1_000 * seconds;

const ORDINARY: PodOptions = { node: 'n1', ips: ['10.1.0.5'] };
const HOST: PodOptions = { node: 'n1', ips: ['192.0.2.1'], hostNetwork: true, ports: [[9100]] };

function tell(index: NameIndex, options: PodOptions, app: string, seconds: number): void {
  index.apply('Pod', 'MODIFIED', podObject('a', { ...options, labels: { app } }), at(seconds));
}

function resolve(index: NameIndex, { ips: [address = ''] = [] }: PodOptions, seconds: number): NamedEnd {
  return index.resolveEnd(address, 6, 9100, at(seconds));
}

function appAt(index: NameIndex, options: PodOptions, seconds: number): unknown {
  return resolve(index, options, seconds).labels?.['app'];
}

describe.each([
  ['a pod', ORDINARY],
  ['a pod of the host network', HOST],
])("labels of %s at a record's time", (_, options) => {
  test('are those of then, and of now from when their change was told', () => {
    const index = new NameIndex();
    for (const [app, seconds] of [
      ['x', 0],
      ['y', 10],
      ['x', 20],
      ['z', 30],
    ] as const)
      tell(index, options, app, seconds);
    const found = [0, 9.999, 10, 19.999, 20, 30, 1_000].map((seconds) => appAt(index, options, seconds));
    expect(found).toEqual(['x', 'x', 'y', 'y', 'x', 'z', 'z']);
  });

  test('equal ones make the same name, at any time and when the past is forgotten', () => {
    const index = new NameIndex({ graceMs: 60_000 });
    tell(index, options, 'x', 0);
    const x = resolve(index, options, 0);
    tell(index, options, 'y', 10);
    const y = resolve(index, options, 10);
    expect(resolve(index, options, 5)).toBe(x);
    tell(index, options, 'x', 20);
    expect([5, 25].map((seconds) => resolve(index, options, seconds) === x)).toEqual([true, true]);
    expect(resolve(index, options, 15)).toBe(y);
    // Another pod's change makes room.
    index.apply('Pod', 'ADDED', podObject('b', { labels: { app: 'x' } }), at(99));
    index.apply('Pod', 'MODIFIED', podObject('b', { labels: { app: 'y' } }), at(100));
    expect([5, 15, 25].map((seconds) => resolve(index, options, seconds) === x)).toEqual([true, true, true]);
  });

  test('go with what else is known by now', () => {
    const index = new NameIndex();
    tell(index, options, 'x', 0);
    tell(index, options, 'y', 10);
    const [past, now] = [resolve(index, options, 5), resolve(index, options, 15)];
    index.apply('Node', 'ADDED', nodeObject('n1', { zone: 'west-1' }), at(20));
    expect([past.zone, now.zone]).toEqual([undefined, undefined]);
    expect(resolve(index, options, 5)).toMatchObject({ zone: 'west-1', labels: { app: 'x' } });
    expect(resolve(index, options, 15)).toMatchObject({ zone: 'west-1', labels: { app: 'y' } });
    expect(resolve(index, options, 5)).toBe(resolve(index, options, 6));
  });

  test('are remembered only so many, and what is forgotten is as the oldest that is known', () => {
    const index = new NameIndex({ maxEndedClaims: 2 });
    ['a', 'b', 'c', 'd'].forEach((app, i) => tell(index, options, app, i * 10));
    expect([5, 15, 25, 35].map((seconds) => appAt(index, options, seconds))).toEqual(['b', 'b', 'c', 'd']);
  });
});

test('labels of a pod that has ended are those of its time', () => {
  const index = new NameIndex();
  tell(index, ORDINARY, 'x', 0);
  tell(index, ORDINARY, 'y', 10);
  index.apply('Pod', 'DELETED', podObject('a', ORDINARY), at(20));
  expect([5, 15, 21].map((seconds) => appAt(index, ORDINARY, seconds))).toEqual(['x', 'y', 'y']);
});

test('another pod of the same name and no uid has no part in them', () => {
  const index = new NameIndex();
  const options = { ...ORDINARY, uid: '' };
  tell(index, options, 'x', 0);
  tell(index, options, 'y', 10);
  index.apply('Pod', 'DELETED', podObject('a', options), at(20));
  tell(index, options, 'z', 30);
  tell(index, options, 'w', 40);
  expect([5, 15, 35, 45].map((seconds) => appAt(index, options, seconds))).toEqual(['x', 'y', 'z', 'w']);
});

describe('ports by name', () => {
  const web = { name: 'web', containerPort: 8080 };
  const pod = (name: string, containers: unknown, more: object = {}): object => ({
    ...podObject(name, { ips: [`10.1.0.${name}`] }),
    spec: { containers, ...more },
  });
  const portsOf = (index: NameIndex, name: string): NamedEnd['namedPorts'] =>
    index.resolveEnd(`10.1.0.${name}`, 6, 1, at(0)).namedPorts;

  test('are those that containers and sidecars declare, in their order', () => {
    const index = new NameIndex();
    const containers = [
      { name: 'a', ports: [web, { containerPort: 9090 }] },
      { name: 'b', ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP' }] },
    ];
    const initContainers = [
      { name: 'c', restartPolicy: 'Always', ports: [{ name: 'proxy', containerPort: 15_001 }] },
      { name: 'd', ports: [{ name: 'none', containerPort: 1 }] },
    ];
    index.apply('Pod', 'ADDED', pod('1', containers, { initContainers }), at(0));
    expect(portsOf(index, '1')).toEqual([
      { name: 'web', protocolNumber: 6, port: 8080 },
      { name: 'dns', protocolNumber: 17, port: 53 },
      { name: 'proxy', protocolNumber: 6, port: 15_001 },
    ]);
  });

  test('are one list for pods that are alike, and for those that have none', () => {
    const index = new NameIndex();
    for (const name of ['1', '2']) index.apply('Pod', 'ADDED', pod(name, [{ name: 'a', ports: [{ ...web }] }]), at(0));
    for (const name of ['3', '4'])
      index.apply('Pod', 'ADDED', pod(name, [{ name: 'a', ports: [{ containerPort: Number(name) }] }]), at(0));
    expect(portsOf(index, '1')).toBe(portsOf(index, '2'));
    expect(portsOf(index, '3')).toBe(portsOf(index, '4'));
    expect(portsOf(index, '3')).toEqual([]);
  });

  test('make another name where they change', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', pod('1', [{ name: 'a', ports: [web] }]), at(0));
    const before = index.resolveEnd('10.1.0.1', 6, 1, at(0));
    index.apply('Pod', 'MODIFIED', pod('1', [{ name: 'a', ports: [{ ...web }] }]), at(0));
    expect(index.resolveEnd('10.1.0.1', 6, 1, at(0))).toBe(before);
    index.apply('Pod', 'MODIFIED', pod('1', [{ name: 'a', ports: [{ ...web, name: 'http' }] }]), at(0));
    expect(portsOf(index, '1')).toEqual([{ name: 'http', protocolNumber: 6, port: 8080 }]);
  });
});
