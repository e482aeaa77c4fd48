import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import type { Labels } from '../../../src/model/network-policy.ts';
import { podObject } from '../../support/kubernetes-objects.ts';

const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number): number => NOON_MS + 1_000 * seconds;
const time = (seconds: number): string => new Date(at(seconds)).toISOString();

interface PolicyOptions {
  readonly namespace?: string;
  readonly createdS?: number;
  readonly port?: number;
  readonly annotation?: string;
}

function policy(name: string, { namespace = 'shop', createdS, port = 80, annotation }: PolicyOptions = {}): object {
  return {
    metadata: {
      name,
      namespace,
      creationTimestamp: createdS === undefined ? undefined : time(createdS),
      annotations: { annotation },
    },
    spec: { podSelector: {}, ingress: [{ ports: [{ port }] }] },
  };
}

function namespaceObject(name: string, labels: object = {}, createdS = -1_000): object {
  return { metadata: { name, labels, creationTimestamp: time(createdS) } };
}

/** `name:port` of the policies of a namespace. */
function policiesAt(index: NameIndex, seconds: number, namespaceName = 'shop'): string[] {
  const list = index.policies.policies(namespaceName, seconds === Infinity ? Infinity : at(seconds));
  return list.map(({ name, ingress }) => `${name}:${ingress?.[0]?.ports[0]?.port}`);
}

function tell(index: NameIndex, kind: KubernetesKind, object: object, seconds: number): void {
  index.apply(kind, 'MODIFIED', object, at(seconds));
}

function labelsAt(index: NameIndex, name: string, seconds: number): Labels | undefined {
  return index.policies.namespaceLabels(name, at(seconds));
}

describe('policies in the course of time', () => {
  test('one of the first list holds from its creation', () => {
    const index = new NameIndex();
    index.apply('NetworkPolicy', 'ADDED', policy('a', { createdS: -3_600 }), at(0));
    expect([-3_601, -3_600, 0, Infinity].map((seconds) => policiesAt(index, seconds))).toEqual([
      [],
      ['a:80'],
      ['a:80'],
      ['a:80'],
    ]);
  });

  test('one that does not tell its creation, or tells one that is yet to come, holds from when it was told', () => {
    const index = new NameIndex();
    index.apply('NetworkPolicy', 'ADDED', policy('a'), at(0));
    index.apply('NetworkPolicy', 'ADDED', policy('b', { createdS: 3 }), at(1));
    expect([-1, 0, 1].map((seconds) => policiesAt(index, seconds))).toEqual([[], ['a:80'], ['a:80', 'b:80']]);
  });

  test('a change and an end hold from when they are told', () => {
    const index = new NameIndex();
    tell(index, 'NetworkPolicy', policy('a', { createdS: -10 }), 0);
    tell(index, 'NetworkPolicy', policy('a', { createdS: -10, port: 81 }), 10);
    index.apply('NetworkPolicy', 'DELETED', policy('a'), at(20));
    tell(index, 'NetworkPolicy', policy('a', { createdS: 30, port: 82 }), 31);
    const times = [-11, -10, 9.999, 10, 19.999, 20, 29.999, 30, Infinity];
    expect(times.map((seconds) => policiesAt(index, seconds).join())).toEqual([
      '',
      'a:80',
      'a:80',
      'a:81',
      'a:81',
      '',
      '',
      'a:82',
      'a:82',
    ]);
  });

  test('a list that names one no more ends it', () => {
    const index = new NameIndex();
    for (const name of ['a', 'b']) tell(index, 'NetworkPolicy', policy(name, { createdS: -10 }), 0);
    index.beginReplace('NetworkPolicy');
    index.apply('NetworkPolicy', 'ADDED', policy('b', { createdS: -10 }), at(5));
    index.endReplace('NetworkPolicy', at(6));
    expect([5, 6].map((seconds) => policiesAt(index, seconds))).toEqual([['a:80', 'b:80'], ['b:80']]);
  });

  test('of two of a name at one time, told late, the newer counts', () => {
    const index = new NameIndex();
    tell(index, 'NetworkPolicy', policy('a', { createdS: -10 }), 0);
    index.apply('NetworkPolicy', 'DELETED', policy('a'), at(20));
    tell(index, 'NetworkPolicy', policy('a', { createdS: 15, port: 81 }), 21);
    expect(policiesAt(index, 17)).toEqual(['a:81']);
  });

  test('are given in the order of their names, each namespace its own', () => {
    const index = new NameIndex();
    for (const name of ['b', 'a', 'c']) tell(index, 'NetworkPolicy', policy(name), 0);
    tell(index, 'NetworkPolicy', policy('x', { namespace: 'bank' }), 0);
    expect(policiesAt(index, 1)).toEqual(['a:80', 'b:80', 'c:80']);
    expect(policiesAt(index, 1, 'bank')).toEqual(['x:80']);
    expect(index.policies.policies('none', at(1))).toBe(index.policies.policies('no other', at(2)));
  });

  test('those that ended are remembered for a while', () => {
    const index = new NameIndex({ graceMs: 60_000 });
    for (const name of ['a', 'b']) tell(index, 'NetworkPolicy', policy(name), 0);
    index.apply('NetworkPolicy', 'DELETED', policy('a'), at(10));
    index.apply('NetworkPolicy', 'DELETED', policy('b'), at(20));
    expect(policiesAt(index, 5)).toEqual(['a:80', 'b:80']);
    tell(index, 'NetworkPolicy', policy('c', { port: 1 }), 75);
    tell(index, 'NetworkPolicy', policy('c', { port: 2 }), 75);
    expect(policiesAt(index, 5)).toEqual(['b:80']);
  });

  test('only so many that ended are remembered', () => {
    const index = new NameIndex({ maxEndedClaims: 2 });
    for (let port = 1; port <= 10; port++) tell(index, 'NetworkPolicy', policy('a', { port }), port);
    expect(Array.from({ length: 10 }, (_, i) => policiesAt(index, i + 1).join())).toEqual([
      ...Array.from({ length: 7 }, () => ''),
      'a:8',
      'a:9',
      'a:10',
    ]);
  });

  test('a list is one object until something changes, of the past too', () => {
    const index = new NameIndex();
    tell(index, 'NetworkPolicy', policy('a', { createdS: -10 }), 0);
    tell(index, 'NetworkPolicy', policy('b', { createdS: 5 }), 5);
    const { policies } = index;
    const lists = (): unknown[] => [-11, 0, 3, 6, 1_000].map((seconds) => policies.policies('shop', at(seconds)));
    const [never, early, sameEarly, late, sameLate] = lists();
    expect([never, sameEarly === early, sameLate === late]).toEqual([[], true, true]);
    const { revision } = policies;
    // What changes nothing that is looked at, and what is of others.
    tell(index, 'NetworkPolicy', policy('a', { createdS: -10, annotation: 'x' }), 6);
    expect(policies.revision).toBe(revision);
    tell(index, 'NetworkPolicy', policy('a', { namespace: 'bank' }), 6);
    lists().forEach((list, i) => expect(list).toBe([never, early, sameEarly, late, sameLate][i]));
    tell(index, 'NetworkPolicy', policy('b', { port: 90 }), 6);
    expect(policies.policies('shop', at(1_000))).not.toBe(late);
    expect(policies.revision).toBe(revision + 2);
  });
});

describe('labels of namespaces in the course of time', () => {
  const NAME = 'kubernetes.io/metadata.name';

  test('its name is among them, whatever is told', () => {
    const index = new NameIndex();
    index.apply('Namespace', 'ADDED', { metadata: { name: 'a' } }, at(0));
    index.apply('Namespace', 'ADDED', namespaceObject('b', { team: 'x', [NAME]: 'other' }), at(0));
    expect(labelsAt(index, 'a', 0)).toEqual({ [NAME]: 'a' });
    expect(labelsAt(index, 'b', 0)).toEqual({ team: 'x', [NAME]: 'b' });
    expect(labelsAt(index, 'c', 0)).toBeUndefined();
  });

  test('a change holds from when it is told', () => {
    const index = new NameIndex();
    tell(index, 'Namespace', namespaceObject('a', { team: 'x' }), 0);
    tell(index, 'Namespace', namespaceObject('a', { team: 'y' }), 10);
    index.apply('Namespace', 'DELETED', namespaceObject('a'), at(100));
    const teams = [-999, 9.999, 10, 99, 105, 111].map((seconds) => labelsAt(index, 'a', seconds));
    expect(teams.map((labels) => labels?.['team'])).toEqual(['x', 'x', 'y', 'y', 'y', undefined]);
  });

  test('are one object until they change', () => {
    const index = new NameIndex();
    tell(index, 'Namespace', namespaceObject('a', { team: 'x' }), 0);
    const labels = labelsAt(index, 'a', 0);
    tell(index, 'Namespace', namespaceObject('a', { team: 'x' }), 1);
    expect(labelsAt(index, 'a', 2)).toBe(labels);
    expect(index.policies.namespaceLabels('a', Infinity)).toBe(labels);
  });
});

describe('when something changed', () => {
  const changedAt = (index: NameIndex, name: string): number =>
    (index.policies.namespaceChangedMs(name) - NOON_MS) / 1_000;

  test('nothing did', () => {
    const { policies } = new NameIndex();
    expect([policies.changedMs, policies.namespaceChangedMs('shop')]).toEqual([-Infinity, -Infinity]);
  });

  test('a policy: its own namespace', () => {
    const index = new NameIndex();
    tell(index, 'NetworkPolicy', policy('a', { createdS: -50 }), 0);
    expect([changedAt(index, 'shop'), index.policies.changedMs]).toEqual([-50, at(-50)]);
    tell(index, 'NetworkPolicy', policy('a', { createdS: -50, port: 81 }), 10);
    expect([changedAt(index, 'shop'), changedAt(index, 'bank')]).toEqual([10, -Infinity]);
    index.apply('NetworkPolicy', 'DELETED', policy('a'), at(20));
    expect([changedAt(index, 'shop'), index.policies.changedMs]).toEqual([20, at(20)]);
  });

  test("a namespace's labels: everywhere; its coming and going: itself", () => {
    const index = new NameIndex();
    tell(index, 'Namespace', namespaceObject('shop', {}, -50), 0);
    tell(index, 'Namespace', namespaceObject('bank', {}, -60), 0);
    expect([changedAt(index, 'shop'), changedAt(index, 'bank')]).toEqual([-50, -60]);
    tell(index, 'Namespace', namespaceObject('shop', { team: 'x' }), 5);
    expect([changedAt(index, 'shop'), changedAt(index, 'bank'), changedAt(index, 'none')]).toEqual([5, 5, 5]);
    index.apply('Namespace', 'DELETED', namespaceObject('shop'), at(7));
    expect([changedAt(index, 'shop'), changedAt(index, 'bank')]).toEqual([7, 5]);
  });

  test("a living pod's labels: its namespace", () => {
    const index = new NameIndex();
    const pod = (more: object): object => podObject('a', { ips: ['10.1.0.5'], ...more });
    tell(index, 'Pod', pod({ labels: { app: 'x' } }), 0);
    const { revision } = index.policies;
    tell(index, 'Pod', pod({ labels: { app: 'x' }, node: 'n1' }), 1);
    expect([index.policies.revision, changedAt(index, 'shop')]).toEqual([revision, -Infinity]);
    tell(index, 'Pod', pod({ labels: { app: 'y' } }), 2);
    expect([index.policies.revision, changedAt(index, 'shop')]).toEqual([revision + 1, 2]);
    tell(index, 'Pod', pod({ labels: { app: 'y' }, phase: 'Succeeded' }), 3);
    tell(index, 'Pod', pod({ labels: { app: 'z' }, phase: 'Succeeded' }), 4);
    index.apply('Pod', 'DELETED', pod({}), at(5));
    expect([index.policies.revision, changedAt(index, 'shop')]).toEqual([revision + 1, 2]);
  });

  test('is remembered of a bounded number of namespaces that come and go', () => {
    const index = new NameIndex({ graceMs: 60_000 });
    for (let i = 0; i < 100; i++)
      tell(index, 'NetworkPolicy', policy('a', { namespace: `ns${i}`, createdS: i * 10 }), i * 10);
    const known = Array.from({ length: 100 }, (_, i) => changedAt(index, `ns${i}`));
    expect(known.filter((seconds) => seconds >= 930)).toHaveLength(7);
    expect(known.filter((seconds) => seconds === -Infinity)).toHaveLength(93);
  });
});

describe("a controller's PolicyEndpoints", () => {
  const endpoint = (name: string, policyName: string, podIP: string): object => ({
    metadata: { name, namespace: 'shop' },
    spec: {
      policyRef: { name: policyName, namespace: 'shop' },
      podSelectorEndpoints: [{ podIP, name: 'p', namespace: 'shop' }],
    },
  });

  test('are listed by the namespace of their policy until they are gone', () => {
    const index = new NameIndex();
    tell(index, 'PolicyEndpoint', endpoint('deny-b', 'deny', '10.1.0.5'), 0);
    tell(index, 'PolicyEndpoint', endpoint('deny-a', 'deny', '10.1.0.6'), 0);
    const list = index.policies.policyEndpoints('shop');
    expect(list.map(({ name, pods }) => [name, pods[0]?.address])).toEqual([
      ['deny-a', '10.1.0.6'],
      ['deny-b', '10.1.0.5'],
    ]);
    tell(index, 'PolicyEndpoint', endpoint('deny-a', 'deny', '10.1.0.6'), 1);
    expect(index.policies.policyEndpoints('shop')).toBe(list);
    tell(index, 'PolicyEndpoint', endpoint('deny-a', 'deny', '10.1.0.7'), 2);
    expect(index.policies.policyEndpoints('shop')[0]?.pods[0]?.address).toBe('10.1.0.7');
    index.apply('PolicyEndpoint', 'DELETED', endpoint('deny-b', 'deny', ''), at(3));
    expect(index.policies.policyEndpoints('shop')).toHaveLength(1);
    index.apply('PolicyEndpoint', 'DELETED', endpoint('deny-a', 'deny', ''), at(3));
    expect(index.policies.policyEndpoints('shop')).toEqual([]);
    expect(index.policies.revision).toBe(0);
  });
});
