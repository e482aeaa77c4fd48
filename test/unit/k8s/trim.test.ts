import { describe, expect, test } from '@jest/globals';
import { FieldReader } from '../../../src/k8s/field-reader.ts';
import { SharedValues } from '../../../src/k8s/shared-values.ts';
import { trimNetworkPolicy } from '../../../src/k8s/trim-network-policy.ts';
import { trimPod } from '../../../src/k8s/trim-pod.ts';
import { podObject } from '../../support/kubernetes-objects.ts';

const metadata = { name: 'p', namespace: 'shop' };

describe('what is kept of a pod', () => {
  const trim = (raw: unknown) => {
    const reader = new FieldReader();
    return { facts: trimPod(raw, reader, new SharedValues()), fault: reader.fault };
  };
  const status = (more: object): object => ({ metadata, status: more });
  const started = (startedAt: string): object => ({ state: { running: { startedAt } } });
  const ended = (startedAt: string, finishedAt: string): object => ({
    state: { terminated: { startedAt, finishedAt } },
  });
  const ms = (second: number): number => Date.parse('2026-11-21T12:00:00Z') + 1_000 * second;
  const time = (second: number): string => new Date(ms(second)).toISOString();

  test.each<[string, unknown, object]>([
    ['its only address, where there is no list', status({ podIP: '10.1.0.5' }), { addresses: ['10.1.0.5'] }],
    [
      'an address once',
      status({ podIPs: [{ ip: '10.1.0.5' }, { ip: '::ffff:10.1.0.5' }] }),
      { addresses: ['10.1.0.5'] },
    ],
    ['no address yet', status({}), { addresses: [], startMs: undefined }],
    [
      'started: the first container, restarts included',
      status({
        startTime: time(0),
        initContainerStatuses: [ended(time(3), time(4))],
        containerStatuses: [{ ...started(time(9)), lastState: { terminated: { startedAt: time(5) } } }],
      }),
      { begunMs: ms(0), startMs: ms(3) },
    ],
    [
      'started: its sandbox above all',
      status({
        startTime: time(0),
        conditions: [
          { type: 'Ready', status: 'True', lastTransitionTime: time(8) },
          { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: time(2) },
        ],
        containerStatuses: [started(time(3))],
      }),
      { startMs: ms(2) },
    ],
    [
      'started: a sandbox that is not ready tells nothing',
      status({
        startTime: time(0),
        conditions: [{ type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: time(2) }],
      }),
      { startMs: ms(0) },
    ],
    [
      'ended with its last container',
      status({ containerStatuses: [ended(time(1), time(7)), ended(time(1), time(5))] }),
      { finishedMs: ms(7) },
    ],
    [
      'not ended while one runs',
      status({ containerStatuses: [ended(time(1), time(7)), started(time(1))] }),
      { finishedMs: undefined },
    ],
    [
      'not ended while a sidecar runs',
      status({ initContainerStatuses: [started(time(1))], containerStatuses: [ended(time(1), time(7))] }),
      { finishedMs: undefined },
    ],
    [
      'not ended while one waits',
      status({
        containerStatuses: [
          { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { finishedAt: time(7) } } },
        ],
      }),
      { finishedMs: undefined },
    ],
    [
      'its managing owner',
      {
        metadata: {
          ...metadata,
          ownerReferences: [
            { kind: 'A', name: 'a', apiVersion: 'x/v1' },
            { kind: 'B', name: 'b', apiVersion: 'apps/v1', controller: true },
          ],
        },
      },
      { owner: { kind: 'B', name: 'b', isBuiltIn: true } },
    ],
    [
      'an owner that does not manage',
      { metadata: { ...metadata, ownerReferences: [{ kind: 'A', name: 'a', apiVersion: 'x/v1' }] } },
      { owner: { kind: 'A', name: 'a', isBuiltIn: false } },
    ],
    [
      'ports by protocol',
      podObject('p', { ports: [[80], [53, 'UDP']] }),
      {
        ports: [
          { portKey: 6 * 65_536 + 80, name: undefined },
          { portKey: 17 * 65_536 + 53, name: undefined },
        ],
      },
    ],
    [
      'ports of sidecars, not of other init containers',
      {
        metadata,
        spec: {
          containers: [{ name: 'a' }],
          initContainers: [
            { name: 'b', restartPolicy: 'Always', ports: [{ containerPort: 1 }] },
            { name: 'c', ports: [{ containerPort: 2 }] },
          ],
        },
      },
      { containerName: 'a', ports: [{ portKey: 6 * 65_536 + 1, name: undefined }] },
    ],
    ['empty labels are none', { metadata: { ...metadata, labels: {} } }, { labels: undefined }],
    [
      'a label of a telling name',
      JSON.parse('{"metadata":{"name":"p","namespace":"shop","labels":{"__proto__":"x","constructor":"y"}}}'),
      { labels: JSON.parse('{"__proto__":"x","constructor":"y"}') as object },
    ],
  ])('%s', (_, raw, expected) => {
    const { facts, fault } = trim(raw);
    expect(fault).toBeUndefined();
    expect(facts).toMatchObject(expected);
    for (const [key, value] of Object.entries(expected)) expect(facts?.[key as keyof typeof facts]).toEqual(value);
  });

  test.each<[unknown, string]>([
    [{ metadata, spec: [] }, 'spec'],
    [{ metadata, spec: { hostNetwork: 'yes' } }, 'spec.hostNetwork'],
    [{ metadata, spec: { nodeName: 7 } }, 'spec.nodeName'],
    [{ metadata, spec: { containers: {} } }, 'spec.containers'],
    [{ metadata, spec: { containers: [null] } }, 'spec.containers[]'],
    [
      { metadata, spec: { containers: [{ ports: [{ containerPort: 65_536 }] }] } },
      'spec.containers[].ports[].containerPort',
    ],
    [
      { metadata, spec: { containers: [{ ports: [{ containerPort: 1, protocol: 'QUIC' }] }] } },
      'spec.containers[].ports',
    ],
    [{ metadata, status: { podIPs: ['10.0.0.1'] } }, 'status.podIPs[]'],
    [{ metadata: { ...metadata, ownerReferences: [{ kind: 'A' }] } }, 'metadata.ownerReferences[].name'],
  ])('tells which field is wrong: %j', (raw, field) => {
    expect(trim(raw).fault).toBe(field);
    expect(trim(raw).facts?.name).toBe('p');
  });

  test('pods that are alike share what they have in common', () => {
    const shared = new SharedValues();
    const toFacts = (i: number) =>
      trimPod(
        JSON.parse(JSON.stringify(podObject(`p${i}`, { labels: { app: 'a' }, ports: [[80]] }))),
        new FieldReader(),
        shared,
      );
    const [one, other] = [toFacts(1), toFacts(2)];
    expect(other?.labels).toBe(one?.labels);
    expect(other?.ports).toBe(one?.ports);
  });
});

describe('what is kept of a NetworkPolicy', () => {
  const trim = (spec: unknown) => trimNetworkPolicy({ metadata, spec }, new FieldReader(), new SharedValues());
  const all = { matchLabels: {}, matchExpressions: [] };

  test.each<[string, unknown, object]>([
    ['ingress by default', { podSelector: {} }, { podSelector: all, ingress: [], egress: undefined }],
    [
      'egress too where it has rules',
      { podSelector: {}, egress: [{}] },
      { ingress: [], egress: [{ peers: [], ports: [] }] },
    ],
    ['egress only where it says so', { podSelector: {}, policyTypes: ['Egress'] }, { ingress: undefined, egress: [] }],
    [
      'both',
      { policyTypes: ['Ingress', 'Egress'], ingress: [{}] },
      { ingress: [{ peers: [], ports: [] }], egress: [] },
    ],
    [
      'selectors',
      {
        podSelector: {
          matchLabels: { a: 'b' },
          matchExpressions: [
            { key: 'k', operator: 'In', values: ['', 'x'] },
            { key: 'l', operator: 'Exists' },
          ],
        },
      },
      {
        podSelector: {
          matchLabels: { a: 'b' },
          matchExpressions: [
            { key: 'k', operator: 'In', values: ['', 'x'] },
            { key: 'l', operator: 'Exists', values: [] },
          ],
        },
      },
    ],
    [
      'peers',
      {
        ingress: [
          {
            from: [
              { namespaceSelector: {}, podSelector: {} },
              { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
            ],
          },
        ],
      },
      {
        ingress: [
          {
            ports: [],
            peers: [
              { podSelector: all, namespaceSelector: all, ipBlock: undefined },
              {
                podSelector: undefined,
                namespaceSelector: undefined,
                ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] },
              },
            ],
          },
        ],
      },
    ],
    [
      'ports',
      {
        ingress: [
          {
            ports: [
              { port: 80 },
              { port: 'web', protocol: 'SCTP' },
              { protocol: 'UDP' },
              { port: 1000, endPort: 2000 },
            ],
          },
        ],
      },
      {
        ingress: [
          {
            peers: [],
            ports: [
              { protocolNumber: 6, port: 80, endPort: undefined },
              { protocolNumber: 132, port: 'web', endPort: undefined },
              { protocolNumber: 17, port: undefined, endPort: undefined },
              { protocolNumber: 6, port: 1000, endPort: 2000 },
            ],
          },
        ],
      },
    ],
  ])('%s', (_, spec, expected) => {
    expect(trim(spec)).toMatchObject({ isWhole: true });
    for (const [key, value] of Object.entries(expected)) expect(trim(spec)?.[key as 'egress']).toEqual(value);
  });

  test.each([
    [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } }],
    [{ ingress: [{ from: [{}] }] }],
    [{ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }] }],
    [{ ingress: [{ ports: [{ protocol: 'ICMP' }] }] }],
    [{ egress: 'none' }],
  ])('a policy that is not understood is not whole: %j', (spec) => {
    expect(trim(spec)?.isWhole).toBe(false);
  });
});
