import { describe, expect, test } from '@jest/globals';
import type { ExternalDescription } from '../../../src/k8s/end-name.ts';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import { KUBERNETES_KINDS, type KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import { nodeObject, ownedObject, podObject, serviceObject, sliceObject } from '../../support/kubernetes-objects.ts';

const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number): number => NOON_MS + 1_000 * seconds;

const SAMPLES: Readonly<Record<KubernetesKind, (i: number) => unknown>> = {
  Pod: (i) => podObject(`p${i}`, { ips: [`10.1.0.${i}`] }),
  Service: (i) => serviceObject(`s${i}`, { clusterIPs: [`10.96.0.${i}`] }),
  EndpointSlice: (i) => sliceObject(`e${i}`, { service: `s${i}`, addresses: [`10.1.1.${i}`] }),
  Node: (i) => nodeObject(`n${i}`, { internalIPs: [`192.0.2.${i}`] }),
  Namespace: (i) => ({ metadata: { name: `ns${i}`, labels: { team: `t${i}` } } }),
  NetworkPolicy: (i) => ({ metadata: { name: 'deny', namespace: `ns${i}` }, spec: { podSelector: {} } }),
  PolicyEndpoint: (i) => ({
    metadata: { name: 'deny-x', namespace: `ns${i}` },
    spec: { policyRef: { name: 'deny', namespace: `ns${i}` } },
  }),
  ReplicaSet: (i) => ownedObject(`p${i}-1`, { kind: 'Deployment', name: `p${i}` }),
  Job: (i) => ownedObject(`j${i}-1`, { kind: 'CronJob', name: `j${i}` }),
};

/** Whether object number `i` of a kind is known at a time, seen from outside. */
function isKnown(index: NameIndex, kind: KubernetesKind, i: number, timeMs: number): boolean {
  const { tcp } = IP_PROTOCOL;
  if (kind === 'Pod') return index.resolveEnd(`10.1.0.${i}`, tcp, 1, timeMs).kind === 'pod';
  if (kind === 'Service') return index.resolveService(`10.96.0.${i}`, tcp, 80, timeMs) !== undefined;
  if (kind === 'EndpointSlice') return index.resolveEndpointService(`10.1.1.${i}`, tcp, 8080, timeMs) !== undefined;
  if (kind === 'Node') return index.resolveEnd(`192.0.2.${i}`, tcp, 1, timeMs).kind === 'node';
  if (kind === 'Namespace') return index.policies.namespaceLabels(`ns${i}`, timeMs)?.['team'] === `t${i}`;
  if (kind === 'NetworkPolicy') return index.policies.policies(`ns${i}`, timeMs).length === 1;
  if (kind === 'PolicyEndpoint') return index.policies.policyEndpoints(`ns${i}`).length === 1;
  const owner = kind === 'ReplicaSet' ? { kind, name: `p${i}-1` } : { kind, name: `j${i}-1` };
  const pod = podObject('probe', { ips: ['10.9.9.9'], owner });
  index.apply('Pod', 'ADDED', pod, timeMs);
  const { workloadKind } = index.resolveEnd('10.9.9.9', tcp, 1, timeMs);
  index.apply('Pod', 'DELETED', pod, timeMs);
  return workloadKind !== kind;
}

describe.each(KUBERNETES_KINDS)('%s', (kind) => {
  const sample = SAMPLES[kind];
  const known = (index: NameIndex, seconds: number): number[] =>
    [1, 2, 3].filter((i) => isKnown(index, kind, i, at(seconds)));

  test('a list takes the place of what was known, with its end', () => {
    const index = new NameIndex({ graceMs: 0 });
    for (const i of [1, 2]) index.apply(kind, 'ADDED', sample(i), at(0));
    index.beginReplace(kind);
    index.apply(kind, 'ADDED', sample(2), at(60));
    index.apply(kind, 'ADDED', sample(3), at(60));
    expect(known(index, 60)).toEqual([1, 2, 3]);
    index.endReplace(kind, at(60));
    expect(known(index, 120)).toEqual([2, 3]);
  });

  test('a list that was given up takes nothing away, nor does an end without a beginning', () => {
    const index = new NameIndex({ graceMs: 0 });
    for (const i of [1, 2]) index.apply(kind, 'ADDED', sample(i), at(0));
    index.endReplace(kind, at(1));
    index.beginReplace(kind);
    index.apply(kind, 'ADDED', sample(3), at(1));
    index.beginReplace(kind);
    for (const i of [1, 2]) index.apply(kind, 'ADDED', sample(i), at(2));
    expect(known(index, 2)).toEqual([1, 2, 3]);
    index.endReplace(kind, at(60));
    expect(known(index, 120)).toEqual([1, 2]);
  });

  test('changes within a round count', () => {
    const index = new NameIndex({ graceMs: 0 });
    for (const i of [1, 2]) index.apply(kind, 'ADDED', sample(i), at(0));
    index.beginReplace(kind);
    for (const i of [1, 2]) index.apply(kind, 'ADDED', sample(i), at(60));
    index.apply(kind, 'DELETED', sample(1), at(60));
    index.apply(kind, 'MODIFIED', sample(3), at(60));
    index.endReplace(kind, at(60));
    expect(known(index, 120)).toEqual([2, 3]);
  });

  test('what nobody knows of can be deleted', () => {
    const index = new NameIndex();
    index.apply(kind, 'DELETED', sample(1), at(0));
    expect(known(index, 0)).toEqual([]);
    expect(index.counters().unusableObjects[kind]).toBe(0);
  });

  test.each([
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { metadata: null },
    { metadata: { name: '' } },
    { metadata: { name: 7 } },
  ])('counts what it cannot use: %j', (object) => {
    const index = new NameIndex();
    for (const change of ['ADDED', 'MODIFIED', 'DELETED'] as const) index.apply(kind, change, object, at(0));
    expect(index.counters().unusableObjects).toEqual({
      ...Object.fromEntries(KUBERNETES_KINDS.map((each) => [each, 0])),
      [kind]: 3,
    });
  });
});

test('what names are made of is counted', () => {
  const index = new NameIndex();
  for (const kind of KUBERNETES_KINDS) for (const i of [1, 2]) index.apply(kind, 'ADDED', SAMPLES[kind](i), at(0));
  index.apply('Pod', 'DELETED', SAMPLES.Pod(1), at(1));
  index.apply('Node', 'DELETED', SAMPLES.Node(1), at(1));
  expect(index.counters()).toMatchObject({ addressIntervals: 2, services: 2, nodes: 1 });
});

test('an object that is wrong in part is counted and used for the rest', () => {
  const index = new NameIndex();
  index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5', 'nonsense'], labels: { app: 7, tier: 'x' } }), at(0));
  expect(index.lastFault).toBe('metadata.labels');
  expect(index.counters().unusableObjects.Pod).toBe(1);
  expect(index.resolveEnd('10.1.0.5', 6, 1, at(0)).labels).toEqual({ tier: 'x' });
});

test('tells of each pod that is gone, by an event or by a list that names it no more', () => {
  const gone: (string | undefined)[] = [];
  const index = new NameIndex({ onPodGone: ({ podName }) => void gone.push(podName) });
  for (const name of ['a', 'b', 'c']) index.apply('Pod', 'ADDED', podObject(name), 1_000);
  index.apply('Pod', 'DELETED', podObject('a'), 2_000);
  index.beginReplace('Pod');
  index.apply('Pod', 'ADDED', podObject('c'), 3_000);
  expect(gone).toEqual(['a']);
  index.endReplace('Pod', 3_000);
  expect(gone).toEqual(['a', 'b']);
});

test('asks anew about external addresses when what is said of them has changed', () => {
  let number = 1;
  const describeExternal = (): ExternalDescription => ({
    place: undefined,
    autonomousSystem: { number, organizationName: undefined },
  });
  const index = new NameIndex({ describeExternal });
  const numberOf = (): number | undefined => index.resolveEnd('192.0.2.1', 6, 443, 0).autonomousSystem?.number;
  expect(numberOf()).toBe(1);
  number = 2;
  expect(numberOf()).toBe(1);
  index.describeAnew();
  expect(numberOf()).toBe(2);
});
