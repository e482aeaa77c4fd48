import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../src/k8s/name-index.ts';
import type { ObjectChange } from '../../src/k8s/name-feed.ts';
import { KUBERNETES_KINDS, type KubernetesKind } from '../../src/model/kubernetes-counters.ts';
import { END_KINDS } from '../../src/model/named-end.ts';
import { nodeObject, ownedObject, podObject, serviceObject, sliceObject } from '../support/kubernetes-objects.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const LEAST_INPUTS = SECONDS >= 60 ? 1_000_000 : 4_000 * SECONDS;
const CHANGES: readonly ObjectChange[] = ['ADDED', 'ADDED', 'MODIFIED', 'MODIFIED', 'DELETED'];
const ADDRESSES = [
  '10.1.0.1',
  '10.1.0.2',
  '192.0.2.1',
  '10.96.0.1',
  'fd00::1',
  '::ffff:10.1.0.1',
  '198.51.100.7',
  '',
  'x:',
];
const NOON_MS = Date.parse('2026-11-21T12:00:00Z');

type Random = (limit: number) => number;
type Json = Record<string, unknown> | unknown[];

/** What another field could hold; the API's own words among it, so that wrong places get right words. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  80,
  65_536,
  1e300,
  NaN,
  '',
  'a',
  'None',
  'True',
  'Running',
  'Failed',
  'TCP',
  'UDP',
  'Always',
  '10.1.0.1',
  '10.1.0.2',
  'fd00::1',
  '::ffff:10.1.0.1',
  '10.1.0.0/24',
  '0.0.0.0/0',
  '10.0.0.0/99',
  '300.1.1.1',
  'n1',
  's1',
  '2026-11-21T11:59:00Z',
  '2026-11-21T12:00:05Z',
  '9999-99-99',
  'ExternalName',
  'ReplicaSet',
  'Node',
  '__proto__',
  [],
  {},
  [null],
  [[]],
  [{}],
  { ip: '10.1.0.2' },
  { ip: 5 },
  { name: 'a' },
  '\ud800',
  'é'.repeat(300),
];

const SEEDS: Readonly<Record<KubernetesKind, (i: number) => Json>> = {
  Pod: (i) =>
    podObject(`p${i}`, {
      node: 'n1',
      ips: [`10.1.0.${i}`, `fd00::${i}`],
      hostNetwork: i === 3,
      ports: [[80, 'TCP', 81]],
      labels: { app: 'a' },
      owner: { kind: i === 1 ? 'Job' : 'ReplicaSet', name: `r${i}` },
      startTime: '2026-11-21T11:00:00Z',
      sandboxTime: '2026-11-21T11:00:01Z',
      phase: i === 2 ? 'Succeeded' : 'Running',
      containerStatuses: [
        { state: { terminated: { startedAt: '2026-11-21T11:00:02Z', finishedAt: '2026-11-21T11:50:00Z' } } },
      ],
    }),
  Service: (i) =>
    serviceObject(`s${i}`, {
      type: 'LoadBalancer',
      clusterIPs: [`10.96.0.${i}`, `fd00:96::${i}`],
      externalIPs: ['203.0.113.1'],
      loadBalancerIPs: ['203.0.113.2'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }],
    }),
  EndpointSlice: (i) => sliceObject(`e${i}`, { service: 's1', addresses: ['10.1.0.1', '10.1.0.2'] }),
  Node: (i) =>
    nodeObject(`n${i}`, { zone: 'z', internalIPs: [`192.0.2.${i}`], podCIDRs: [`10.${i}.0.0/24`, 'fd00::/64'] }),
  Namespace: (i) => ({ metadata: { name: `ns${i}`, labels: { team: 'a' } } }),
  NetworkPolicy: () => ({
    metadata: { name: 'deny', namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['x'] }] },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: [] } }, { podSelector: {} }], ports: [{ port: 80 }] },
      ],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 'web', endPort: 1, protocol: 'UDP' }] }],
    },
  }),
  PolicyEndpoint: (i) => ({
    metadata: { name: `deny-${i}`, namespace: 'shop' },
    spec: {
      policyRef: { name: 'deny', namespace: 'shop' },
      podIsolation: ['Ingress', 'Egress'],
      podSelectorEndpoints: [{ hostIP: '192.0.2.1', podIP: '10.1.0.1', name: 'p1', namespace: 'shop' }],
      ingress: [{ cidr: '10.1.0.2', ports: [{ protocol: 'TCP', port: 80, endPort: 90 }] }],
      egress: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/24'] }, { domainName: 'example.com' }],
    },
  }),
  ReplicaSet: (i) => ownedObject(`r${i}`, { kind: i === 2 ? 'ReplicaSet' : 'Deployment', name: 'r3' }),
  Job: (i) => ownedObject(`r${i}`, { kind: 'CronJob', name: 'c' }),
};

/** Changes a few fields anywhere in an object: another value, another's part, taken out, or one more. */
function mutate(object: Json, random: Random): unknown {
  for (let changes = random(4); changes > 0; changes--) {
    const places: [Json, string][] = [];
    collect(object, places);
    const place = places[random(places.length)];
    if (place === undefined) return VALUES[random(VALUES.length)];
    const [parent, key] = place as [Record<string, unknown>, string];
    const what = random(8);
    if (what === 0) delete parent[key];
    else if (what === 1) parent[String(VALUES[random(VALUES.length)])] = parent[key];
    else if (what === 2) parent[key] = structuredClone(places[random(places.length)]?.[0]);
    else parent[key] = structuredClone(VALUES[random(VALUES.length)]);
  }
  return random(200) === 0 ? VALUES[random(VALUES.length)] : object;
}

function collect(value: unknown, places: [Json, string][]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    places.push([value as Json, key]);
    collect(part, places);
  }
}

/** Asks everything of every address; what comes back must be whole. */
function checkAnswers(index: NameIndex, random: Random): void {
  const timeMs = NOON_MS - 3_600_000 + random(7_200_000);
  for (const address of ADDRESSES) {
    const port = [80, 81, 30_080, undefined][random(4)];
    const end = index.resolveEnd(address, 6, port, timeMs);
    expect(END_KINDS).toContain(end.kind);
    if (end.kind === 'pod') expect([typeof end.podName, typeof end.workloadName]).toEqual(['string', 'string']);
    if (end.kind === 'ambiguous') expect(end.candidateCount).toBeGreaterThan(0);
    if (end.kind !== 'external') expect(end).toBe(index.resolveEnd(address, 6, port, timeMs));
    const services = [
      index.resolveService(address, 6, port, timeMs),
      index.resolveEndpointService(address, 6, port, timeMs),
    ];
    for (const service of services) expect(typeof (service?.serviceName ?? '')).toBe('string');
  }
  if (random(4) > 0) return;
  checkPolicies(index, timeMs);
  checkFinder(index);
}

function checkPolicies({ policies: catalogue }: NameIndex, timeMs: number): void {
  for (const when of [timeMs, Infinity]) {
    const policies = catalogue.policies('shop', when);
    expect(catalogue.policies('shop', when)).toBe(policies);
    for (const { name, isWhole, fault } of policies)
      expect([typeof name, isWhole]).toEqual(['string', fault === undefined]);
    const labels = catalogue.namespaceLabels('ns1', when);
    if (labels !== undefined) expect(labels['kubernetes.io/metadata.name']).toBe('ns1');
  }
  for (const { pods, ingress, egress } of catalogue.policyEndpoints('shop')) {
    for (const { address } of pods) expect(isIP(address)).toBeGreaterThan(0);
    for (const { ipBlock } of [...ingress, ...egress])
      if (ipBlock !== undefined) expect(ipBlock.cidr).toMatch(/\/\d+$/);
  }
}

function checkFinder(index: NameIndex): void {
  for (const name of ['p1', 'p2', 'p3']) {
    const found = index.findPod('shop', name);
    if (found !== undefined) expect(found.end).toMatchObject({ podName: name, address: found.addresses[0] ?? '' });
  }
  for (const name of ['s1', 's2'])
    for (const { port, protocolNumber } of index.serviceBackends('shop', name)) {
      expect([6, 17, 132]).toContain(protocolNumber);
      expect(Number.isInteger(port)).toBe(true);
    }
}

describe('fuzz: objects of an API', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));

  test(
    `nothing is thrown, and all is given back (FUZZ_SEED=${seed})`,
    () => {
      const random = seededRandom(seed);
      const index = new NameIndex({ graceMs: 60_000, maxEndedClaims: 500 });
      const endMs = performance.now() + SECONDS * 1_000;
      let inputs = 0;
      for (; performance.now() < endMs || inputs < LEAST_INPUTS; inputs++) {
        const kind = KUBERNETES_KINDS[random(KUBERNETES_KINDS.length)] ?? 'Pod';
        // As it comes off the wire.
        const text = JSON.stringify(mutate(SEEDS[kind](1 + random(3)), random)) ?? 'null';
        index.apply(kind, CHANGES[random(CHANGES.length)] ?? 'ADDED', JSON.parse(text), NOON_MS + inputs);
        if (random(10) === 0) checkAnswers(index, random);
        if (random(500) === 0) replace(index, random, NOON_MS + inputs);
      }
      const { unusableObjects } = index.counters();
      process.stderr.write(
        `kubernetes objects: ${inputs} inputs, ${JSON.stringify(unusableObjects)}, FUZZ_SEED=${seed}\n`,
      );
      for (const count of Object.values(unusableObjects)) expect(count).toBeGreaterThan(inputs / 200);
      empty(index, NOON_MS + inputs + 3_600_000);
      expect(index.counters()).toMatchObject({ addressIntervals: 1, services: 0, nodes: 0 });
      for (const address of ADDRESSES) expect(index.resolveEnd(address, 6, 80, NOON_MS).kind).toBe('external');
      const { policies } = index;
      for (const timeMs of [NOON_MS, Infinity])
        expect([policies.policies('shop', timeMs), policies.namespaceLabels('ns1', timeMs)]).toEqual([[], undefined]);
      expect([policies.policyEndpoints('shop'), index.listPods(), index.listServices()]).toEqual([[], [], []]);
      // Nor is anything known of owners and zones.
      index.apply(
        'Pod',
        'ADDED',
        podObject('p', { ips: ['10.1.0.1'], node: 'n1', owner: { kind: 'ReplicaSet', name: 'r3' } }),
        NOON_MS,
      );
      const { zone, workloadKind } = index.resolveEnd('10.1.0.1', 6, 80, NOON_MS);
      expect([zone, workloadKind]).toEqual([undefined, 'ReplicaSet']);
    },
    4 * SECONDS * 1_000 + 20_000,
  );
});

function replace(index: NameIndex, random: Random, nowMs: number): void {
  const kind = KUBERNETES_KINDS[random(KUBERNETES_KINDS.length)] ?? 'Pod';
  index.beginReplace(kind);
  index.apply(kind, 'ADDED', SEEDS[kind](1 + random(3)), nowMs);
  index.endReplace(kind, nowMs);
}

/** Everything is gone, and what was remembered of it has been forgotten as others came and went. */
function empty(index: NameIndex, nowMs: number): void {
  const others: [KubernetesKind, Json][] = [
    ['Pod', podObject('other', { ips: ['10.9.9.9'] })],
    ['Pod', podObject('other-host', { ips: ['192.0.2.99'], node: 'other', hostNetwork: true })],
    ['Service', serviceObject('other', { clusterIPs: ['10.99.0.1'], ports: [{ port: 1, nodePort: 2 }] })],
    ['EndpointSlice', sliceObject('other', { service: 'other', addresses: ['10.9.9.9'] })],
    ['Node', nodeObject('other', { internalIPs: ['192.0.2.99'] })],
    ['Namespace', { metadata: { name: 'other' } }],
    ['NetworkPolicy', { metadata: { name: 'other', namespace: 'other' }, spec: {} }],
  ];
  for (const kind of KUBERNETES_KINDS) {
    index.beginReplace(kind);
    index.endReplace(kind, nowMs - 3_600_000);
  }
  for (const [kind, object] of others) index.apply(kind, 'ADDED', object, nowMs);
  for (const [kind, object] of others) index.apply(kind, 'DELETED', object, nowMs);
}
