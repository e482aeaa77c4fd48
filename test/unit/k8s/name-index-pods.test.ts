import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { nodeObject, ownedObject, podObject } from '../../support/kubernetes-objects.ts';

const NOON = '2026-11-21T12:00:00Z';
const NOON_MS = Date.parse(NOON);
const { tcp, udp } = IP_PROTOCOL;

/** `seconds` after noon. */
const at = (seconds: number): number => NOON_MS + 1_000 * seconds;
const time = (seconds: number): string => new Date(at(seconds)).toISOString();
const terminated = (seconds: number) => ({ state: { terminated: { finishedAt: time(seconds) } } });

function resolve(index: NameIndex, address: string, seconds: number, port = 40_000): NamedEnd {
  return index.resolveEnd(address, tcp, port, at(seconds));
}

function podAt(index: NameIndex, address: string, seconds: number): string | undefined {
  return resolve(index, address, seconds).podName;
}

describe('a pod', () => {
  test('is named with all that is known of it', () => {
    const index = new NameIndex({ clusterName: 'blue' });
    const labels = { app: 'cart' };
    const owner = { kind: 'ReplicaSet', name: 'cart-77' };
    index.apply('Node', 'ADDED', nodeObject('n1', { zone: 'west-1' }), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('cart-77', { kind: 'Deployment', name: 'cart' }), at(0));
    const pod = podObject('cart-77-x', { node: 'n1', ips: ['10.1.0.5'], owner, labels, startTime: NOON });
    index.apply('Pod', 'ADDED', pod, at(0));
    expect(resolve(index, '10.1.0.5', 1)).toEqual({
      kind: 'pod',
      address: '10.1.0.5',
      clusterName: 'blue',
      namespaceName: 'shop',
      podName: 'cart-77-x',
      podUid: 'uid-shop-cart-77-x',
      nodeName: 'n1',
      workloadKind: 'Deployment',
      workloadName: 'cart',
      serviceName: undefined,
      containerName: 'main',
      zone: 'west-1',
      labels,
      namedPorts: [],
      isHostNetwork: false,
      candidateCount: 0,
      place: undefined,
      autonomousSystem: undefined,
    });
  });

  test('of several containers tells none', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5'], containers: ['main', 'proxy'] }), at(0));
    expect(resolve(index, '10.1.0.5', 0).containerName).toBeUndefined();
  });

  test('is found by both of its addresses, however they are written', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5', 'FD00:0:0::0005'] }), at(0));
    const found = ['10.1.0.5', 'fd00::5', 'fd00:0::5', '::ffff:10.1.0.5'].map((each) => resolve(index, each, 1));
    expect(found.map(({ podName, address }) => [podName, address])).toEqual([
      ['a', '10.1.0.5'],
      ['a', 'fd00::5'],
      ['a', 'fd00::5'],
      ['a', '10.1.0.5'],
    ]);
    expect(found[2]).toBe(found[1]);
  });
});

describe('when a pod has its address', () => {
  test.each<[string, object, number, string | undefined]>([
    ['from when its sandbox was ready', { startTime: time(-60), sandboxTime: time(-30) }, -30, 'a'],
    ['perhaps since its node took it on', { startTime: time(-60), sandboxTime: time(-30) }, -60, 'a'],
    ['clocks of nodes differ', { startTime: time(-60) }, -69, 'a'],
    ['but not by a minute', { startTime: time(-60) }, -120, undefined],
    ['first seen, where it does not say', {}, 0, 'a'],
    ['first seen, and packets before that', {}, -9, 'a'],
    ['not long before it was first seen', {}, -11, undefined],
    ['a start ahead of our clock', { startTime: time(30) }, 0, 'a'],
    ['terminating pods keep theirs', { deletionTimestamp: time(-30), startTime: time(-60) }, 100, 'a'],
  ])('%s', (_, options, seconds, expected) => {
    const index = new NameIndex({ clusterCidrs: ['10.0.0.0/8'] });
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5'], ...options }), at(0));
    expect(podAt(index, '10.1.0.5', seconds)).toBe(expected);
  });

  test('a later telling of an earlier start is taken', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5'] }), at(0));
    index.apply('Pod', 'MODIFIED', podObject('a', { ips: ['10.1.0.5'], startTime: time(-100) }), at(1));
    index.apply('Pod', 'MODIFIED', podObject('a', { ips: ['10.1.0.5'], startTime: time(90) }), at(100));
    expect(podAt(index, '10.1.0.5', -100)).toBe('a');
  });

  test("an address that is used again within two seconds is each pod's at its own time", () => {
    const index = new NameIndex();
    const a = podObject('a', { ips: ['10.1.0.5'], startTime: time(-600) });
    index.apply('Pod', 'ADDED', a, at(-599));
    index.apply('Pod', 'DELETED', a, at(0));
    const b = podObject('b', { ips: ['10.1.0.5'], startTime: time(1), sandboxTime: time(2) });
    index.apply('Pod', 'ADDED', b, at(4));
    const told = [-600, -1, -0.001, 0, 0.4, 1, 2, 3, 60].map((seconds) => podAt(index, '10.1.0.5', seconds));
    expect(told).toEqual(['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']);
  });

  test('a deletion that is told late takes nothing from the next pod', () => {
    const index = new NameIndex();
    const a = podObject('a', { ips: ['10.1.0.5'], startTime: time(-600) });
    index.apply('Pod', 'ADDED', a, at(-599));
    index.apply('Pod', 'ADDED', podObject('b', { ips: ['10.1.0.5'], sandboxTime: time(2) }), at(4));
    expect([podAt(index, '10.1.0.5', 1), podAt(index, '10.1.0.5', 3)]).toEqual(['a', 'b']);
    index.apply('Pod', 'DELETED', a, at(30));
    expect([podAt(index, '10.1.0.5', 1), podAt(index, '10.1.0.5', 3)]).toEqual(['a', 'b']);
    expect(podAt(index, '10.1.0.5', 60)).toBe('b');
  });

  test('ended when the last container did, whenever that is told', () => {
    const index = new NameIndex();
    const a = { ips: ['10.1.0.5'], startTime: time(-600) };
    index.apply('Pod', 'ADDED', podObject('a', a), at(-599));
    const last = podObject('a', { ...a, containerStatuses: [terminated(-20), terminated(-25)] });
    index.apply('Pod', 'DELETED', last, at(0));
    const b = podObject('b', { ips: ['10.1.0.5'], startTime: time(-18) });
    index.apply('Pod', 'ADDED', b, at(1));
    const told = [-30, -20, -18, -10].map((seconds) => podAt(index, '10.1.0.5', seconds));
    expect(told).toEqual(['a', 'a', 'b', 'b']);
  });

  test.each(['Succeeded', 'Failed'])('a pod that is %s has it no more, though its status goes on', (phase) => {
    const index = new NameIndex({ clusterCidrs: ['10.0.0.0/8'] });
    const options = { ips: ['10.1.0.5'], startTime: time(-600) };
    index.apply('Pod', 'ADDED', podObject('a', options), at(-599));
    const finished = podObject('a', { ...options, phase });
    index.apply('Pod', 'MODIFIED', finished, at(0));
    index.apply('Pod', 'MODIFIED', finished, at(50));
    expect(podAt(index, '10.1.0.5', -1)).toBe('a');
    expect(resolve(index, '10.1.0.5', 51).kind).toBe('unknown');
    index.apply('Pod', 'DELETED', finished, at(60));
    expect(index.counters().addressIntervals).toBe(1);
  });

  test('a pod that had finished before it was first seen is known for its time, if that is not long ago', () => {
    const index = new NameIndex();
    const toPod = (name: string, ip: string, ended: number): unknown =>
      podObject(name, {
        ips: [ip],
        phase: 'Succeeded',
        startTime: time(-7200),
        containerStatuses: [terminated(ended)],
      });
    index.apply('Pod', 'ADDED', toPod('lately', '10.1.0.5', -60), at(0));
    index.apply('Pod', 'ADDED', toPod('long-ago', '10.1.0.6', -3600), at(0));
    expect([podAt(index, '10.1.0.5', -61), podAt(index, '10.1.0.6', -3601)]).toEqual(['lately', undefined]);
    expect(index.counters().addressIntervals).toBe(1);
  });

  test('another address takes the place of the one before', () => {
    const index = new NameIndex({ clusterCidrs: ['10.0.0.0/8'] });
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5'], startTime: time(-60) }), at(-59));
    index.apply('Pod', 'MODIFIED', podObject('a', { ips: ['10.1.0.6'], startTime: time(-60) }), at(0));
    expect([podAt(index, '10.1.0.5', -1), podAt(index, '10.1.0.5', 20)]).toEqual(['a', undefined]);
    expect(podAt(index, '10.1.0.6', 20)).toBe('a');
  });

  test('an ended interval is forgotten after its grace, and only so many are remembered', () => {
    const index = new NameIndex({ graceMs: 60_000, maxEndedClaims: 10 });
    for (let i = 0; i < 30; i++) {
      index.apply('Pod', 'ADDED', podObject(`p${i}`, { ips: [`10.1.0.${i}`] }), at(i));
      index.apply('Pod', 'DELETED', podObject(`p${i}`), at(i));
    }
    expect(index.counters().addressIntervals).toBe(10);
    expect([podAt(index, '10.1.0.19', 19), podAt(index, '10.1.0.20', 20)]).toEqual([undefined, 'p20']);
    index.apply('Pod', 'ADDED', podObject('last', { ips: ['10.1.0.99'] }), at(100));
    index.apply('Pod', 'DELETED', podObject('last'), at(100));
    expect(index.counters().addressIntervals).toBe(1);
  });
});

describe('the workload of a pod', () => {
  const owned = (kind: string, name: string, apiVersion?: string) =>
    podObject('p', { ips: ['10.1.0.5'], owner: { kind, name, ...(apiVersion !== undefined && { apiVersion }) } });
  const workload = (index: NameIndex): string => {
    const { workloadKind, workloadName } = resolve(index, '10.1.0.5', 0);
    return `${workloadKind} ${workloadName}`;
  };

  test.each<[string, unknown, string]>([
    ['none', podObject('p', { ips: ['10.1.0.5'] }), 'Pod p'],
    ['a static pod', owned('Node', 'n1', 'v1'), 'Pod p'],
    ['StatefulSet', owned('StatefulSet', 'db'), 'StatefulSet db'],
    ['DaemonSet', owned('DaemonSet', 'log'), 'DaemonSet log'],
    ['Deployment', owned('ReplicaSet', 'web-1'), 'Deployment web'],
    ['a ReplicaSet that nobody owns', owned('ReplicaSet', 'alone-1'), 'ReplicaSet alone-1'],
    ['a ReplicaSet that is not known', owned('ReplicaSet', 'new-1'), 'ReplicaSet new-1'],
    ['a custom resource above a ReplicaSet', owned('ReplicaSet', 'canary-1'), 'Rollout canary'],
    ['CronJob', owned('Job', 'night-1'), 'CronJob night'],
    ['a Job of its own', owned('Job', 'once'), 'Job once'],
    ['a custom resource', owned('Workflow', 'ci', 'argoproj.io/v1alpha1'), 'Workflow ci'],
    ['a Job of another group', owned('Job', 'night-1', 'batch.volcano.sh/v1alpha1'), 'Job night-1'],
    ['a cycle ends', owned('ReplicaSet', 'round-1'), 'ReplicaSet round-1'],
  ])('%s', (_, pod, expected) => {
    const index = new NameIndex();
    const rollout = { kind: 'Rollout', name: 'canary', apiVersion: 'argoproj.io/v1alpha1' };
    index.apply('ReplicaSet', 'ADDED', ownedObject('web-1', { kind: 'Deployment', name: 'web' }), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('web-1', undefined, 'other'), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('alone-1'), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('canary-1', rollout), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('round-1', { kind: 'ReplicaSet', name: 'round-2' }), at(0));
    index.apply('ReplicaSet', 'ADDED', ownedObject('round-2', { kind: 'ReplicaSet', name: 'round-1' }), at(0));
    index.apply('Job', 'ADDED', ownedObject('night-1', { kind: 'CronJob', name: 'night' }), at(0));
    index.apply('Pod', 'ADDED', pod, at(0));
    expect(workload(index)).toBe(expected);
  });

  test('is corrected when its owner is known, and stays when that goes first', () => {
    const index = new NameIndex();
    const replicaSet = ownedObject('web-1', { kind: 'Deployment', name: 'web' });
    index.apply('Pod', 'ADDED', owned('ReplicaSet', 'web-1'), at(0));
    const before = resolve(index, '10.1.0.5', 0);
    expect(workload(index)).toBe('ReplicaSet web-1');
    index.apply('ReplicaSet', 'ADDED', replicaSet, at(0));
    expect(workload(index)).toBe('Deployment web');
    expect(before.workloadName).toBe('web-1');
    index.apply('ReplicaSet', 'DELETED', replicaSet, at(0));
    expect(workload(index)).toBe('Deployment web');
    index.apply('Pod', 'MODIFIED', owned('ReplicaSet', 'web-1'), at(0));
    expect(workload(index)).toBe('Deployment web');
    index.apply('Pod', 'DELETED', owned('ReplicaSet', 'web-1'), at(0));
    expect(workload(index)).toBe('Deployment web');
  });

  test('is corrected though the pod is gone already', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', owned('Job', 'night-1'), at(0));
    index.apply('Pod', 'DELETED', owned('Job', 'night-1'), at(0));
    index.apply('Job', 'ADDED', ownedObject('night-1', { kind: 'CronJob', name: 'night' }), at(0));
    expect(workload(index)).toBe('CronJob night');
  });
});

describe('a name is one object while it stays true', () => {
  const fill = (index: NameIndex): void => {
    index.apply('Node', 'ADDED', nodeObject('n1', { zone: 'west-1', internalIPs: ['192.0.2.1'] }), at(0));
    index.apply('Pod', 'ADDED', pod({ labels: { app: 'cart' } }), at(0));
    index.apply('Pod', 'ADDED', podObject('proxy', host), at(0));
  };
  const host = { node: 'n1', ips: ['192.0.2.1'], hostNetwork: true, ports: [[9100]] as const };
  const pod = (options: object): unknown => podObject('a', { node: 'n1', ips: ['10.1.0.5'], ...options });

  test.each<[string, (index: NameIndex) => void]>([
    [
      'a status that says nothing new',
      (index) => index.apply('Pod', 'MODIFIED', pod({ labels: { app: 'cart' } }), at(1)),
    ],
    [
      'a node of the same zone',
      (index) =>
        index.apply('Node', 'MODIFIED', nodeObject('n1', { zone: 'west-1', internalIPs: ['192.0.2.1'] }), at(1)),
    ],
    [
      'an owner of another pod',
      (index) => {
        index.apply(
          'Pod',
          'ADDED',
          podObject('b', { ips: ['10.1.0.6'], owner: { kind: 'ReplicaSet', name: 'b-1' } }),
          at(1),
        );
        index.apply('ReplicaSet', 'ADDED', ownedObject('b-1', { kind: 'Deployment', name: 'b' }), at(1));
      },
    ],
    ["another node's zone", (index) => index.apply('Node', 'ADDED', nodeObject('n2', { zone: 'west-2' }), at(1))],
    [
      'a node that is gone before its pods',
      (index) => {
        index.apply('Node', 'DELETED', nodeObject('n1'), at(1));
      },
    ],
    ['its own end', (index) => index.apply('Pod', 'DELETED', pod({ labels: { app: 'cart' } }), at(1))],
  ])('after %s', (_, change) => {
    const index = new NameIndex();
    fill(index);
    const ask = (): NamedEnd[] => [
      resolve(index, '10.1.0.5', 0),
      resolve(index, '192.0.2.1', 0, 9100),
      resolve(index, '192.0.2.1', 0, 5000),
    ];
    const before = ask();
    expect(before.map(({ kind }) => kind)).toEqual(['pod', 'pod', 'ambiguous']);
    change(index);
    ask().forEach((end, i) => expect(end).toBe(before[i]));
  });

  test.each<[string, (index: NameIndex) => void, object]>([
    [
      'other labels',
      (index) => index.apply('Pod', 'MODIFIED', pod({ labels: { app: 'shop' } }), at(1)),
      { labels: { app: 'shop' } },
    ],
    ['no labels', (index) => index.apply('Pod', 'MODIFIED', pod({}), at(1)), { labels: undefined }],
    [
      'another zone',
      (index) => index.apply('Node', 'MODIFIED', nodeObject('n1', { zone: 'east-1' }), at(1)),
      { zone: 'east-1' },
    ],
    [
      'another node',
      (index) => index.apply('Pod', 'MODIFIED', pod({ node: 'n2' }), at(1)),
      { nodeName: 'n2', zone: undefined },
    ],
    [
      'an owner',
      (index) => index.apply('Pod', 'MODIFIED', pod({ owner: { kind: 'DaemonSet', name: 'd' } }), at(1)),
      { workloadName: 'd' },
    ],
  ])('and another after it got %s', (_, change, expected) => {
    const index = new NameIndex();
    fill(index);
    const before = resolve(index, '10.1.0.5', 0);
    const said = { ...before };
    change(index);
    const after = resolve(index, '10.1.0.5', 1);
    expect(after).not.toBe(before);
    expect(after).toMatchObject(expected);
    expect(before).toEqual(said);
    expect(resolve(index, '10.1.0.5', 1)).toBe(after);
  });

  test('what has ended tells what is said of it later', () => {
    const index = new NameIndex();
    fill(index);
    index.apply('Pod', 'MODIFIED', pod({ phase: 'Succeeded', labels: { app: 'cart' } }), at(1));
    const before = resolve(index, '10.1.0.5', 0);
    index.apply('Pod', 'MODIFIED', pod({ phase: 'Succeeded', labels: { app: 'cart' } }), at(2));
    expect(resolve(index, '10.1.0.5', 0)).toBe(before);
    index.apply('Pod', 'MODIFIED', pod({ phase: 'Succeeded', labels: { app: 'shop' } }), at(3));
    expect(resolve(index, '10.1.0.5', 0)).toBe(before);
    expect(resolve(index, '10.1.0.5', 3).labels).toEqual({ app: 'shop' });
  });

  test('a pod of the host network tells its changes too', () => {
    const index = new NameIndex();
    fill(index);
    const before = resolve(index, '192.0.2.1', 0, 9100);
    index.apply('Pod', 'MODIFIED', podObject('proxy', { ...host, labels: { app: 'x' } }), at(1));
    expect(resolve(index, '192.0.2.1', 0, 9100)).toBe(before);
    expect(resolve(index, '192.0.2.1', 1, 9100).labels).toEqual({ app: 'x' });
  });
});

describe("hostNetwork pods share their node's addresses", () => {
  const index = new NameIndex();
  const toPod = (
    name: string,
    node: string,
    ports: readonly (readonly [number, string?, number?])[],
    ip: string,
  ): void =>
    index.apply('Pod', 'ADDED', podObject(name, { node, ports, ips: [ip], hostNetwork: true, startTime: NOON }), at(0));
  const node = nodeObject('n1', {
    internalIPs: ['192.0.2.1'],
    externalIPs: ['203.0.113.1'],
    podCIDRs: ['10.1.0.0/24'],
  });
  index.apply('Node', 'ADDED', node, at(0));
  index.apply('Node', 'ADDED', nodeObject('n2', { internalIPs: ['192.0.2.2'] }), at(0));
  toPod('exporter', 'n1', [[9100]], '192.0.2.1');
  toPod(
    'dns',
    'n1',
    [
      [53, 'UDP'],
      [9153, 'TCP', 9253],
    ],
    '192.0.2.1',
  );
  toPod('metrics-1', 'n1', [[8080]], '192.0.2.1');
  toPod('metrics-2', 'n1', [[8080]], '192.0.2.1');
  toPod('elsewhere', 'n3', [[9100]], '192.0.2.3');

  test.each<[string, string, number, number | undefined, object]>([
    [
      'the one that declares the port',
      '192.0.2.1',
      tcp,
      9100,
      { kind: 'pod', podName: 'exporter', address: '192.0.2.1' },
    ],
    ['at another address of the node', '203.0.113.1', tcp, 9100, { podName: 'exporter', address: '203.0.113.1' }],
    ["at the node's end of its pods' network", '10.1.0.1', tcp, 9100, { podName: 'exporter' }],
    ['by protocol', '192.0.2.1', udp, 53, { podName: 'dns' }],
    ['another protocol', '192.0.2.1', tcp, 53, { kind: 'ambiguous', candidateCount: 4 }],
    ['by host port', '192.0.2.1', tcp, 9253, { podName: 'dns' }],
    ['a port that two declare', '192.0.2.1', tcp, 8080, { kind: 'ambiguous', candidateCount: 2, nodeName: 'n1' }],
    [
      'a port that none declares',
      '192.0.2.1',
      tcp,
      40_000,
      { kind: 'ambiguous', candidateCount: 4, podName: undefined },
    ],
    ['no port', '192.0.2.1', 1, undefined, { kind: 'ambiguous', candidateCount: 4 }],
    ['a node without such pods', '192.0.2.2', tcp, 9100, { kind: 'node', nodeName: 'n2', candidateCount: 0 }],
    ['a node that only its pod tells of', '192.0.2.3', tcp, 9100, { podName: 'elsewhere', nodeName: 'n3' }],
  ])('%s', (_, address, protocolNumber, port, expected) => {
    expect(index.resolveEnd(address, protocolNumber, port, at(1))).toMatchObject(expected);
  });

  test('pods that replace each other are told apart by time', () => {
    const replaced = new NameIndex();
    const host = { node: 'n1', ips: ['192.0.2.1'], hostNetwork: true, ports: [[9100]] as const };
    replaced.apply('Pod', 'ADDED', podObject('old', { ...host, startTime: NOON }), at(0));
    replaced.apply('Pod', 'DELETED', podObject('old', host), at(60));
    replaced.apply('Pod', 'ADDED', podObject('new', { ...host, startTime: time(62) }), at(63));
    const told = [30, 62, 90].map((seconds) => resolve(replaced, '192.0.2.1', seconds, 9100).podName);
    expect(told).toEqual(['old', 'new', 'new']);
    expect(resolve(replaced, '192.0.2.1', 90, 1)).toMatchObject({ kind: 'ambiguous', candidateCount: 1 });
  });

  test('a node whose last such pod is gone is itself again', () => {
    const left = new NameIndex();
    const pod = podObject('p', { node: 'n1', ips: ['192.0.2.1'], hostNetwork: true });
    left.apply('Node', 'ADDED', nodeObject('n1', { internalIPs: ['192.0.2.1'] }), at(0));
    left.apply('Pod', 'ADDED', pod, at(0));
    left.apply('Pod', 'DELETED', pod, at(10));
    expect(resolve(left, '192.0.2.1', 20).kind).toBe('node');
  });
});
