import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readObjectsFile } from '../../../src/k8s/objects-file.ts';
import { PodflowError } from '../../../src/lib/podflow-error.ts';
import { nodeObject, ownedObject, podObject, serviceObject } from '../../support/kubernetes-objects.ts';

const folder = mkdtempSync(join(tmpdir(), 'podflow-objects-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const path = join(folder, 'objects');
  writeFileSync(path, text);
  return path;
}

const POD_YAML = `
apiVersion: v1
kind: Pod
metadata:
  name: cart-1
  namespace: shop
  labels: {app: cart, "version": "1"}
spec:
  nodeName: n1
  containers:
  - name: main
    image: cart
status:
  phase: Running
  podIPs:
  - ip: 10.1.0.5
`;
const SERVICE_YAML = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  clusterIP: 10.96.0.10
  ports: [{name: http, port: 80, nodePort: 30080}]
`;
const NODE_YAML = `
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/zone: west-1}}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
`;
const CONFIG_YAML = `
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop}
data: {a: "1"}
`;

function toList(...documents: string[]): string {
  const items = documents.map((text) => `- ${text.trim().replaceAll('\n', '\n  ')}`);
  return `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\nmetadata: {resourceVersion: ""}\n`;
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  ...podObject('cart-1', { ips: ['10.1.0.5'], node: 'n1', labels: { app: 'cart', version: '1' } }),
};
const service = { apiVersion: 'v1', kind: 'Service', ...serviceObject('cart', { clusterIPs: ['10.96.0.10'] }) };
const node = { apiVersion: 'v1', kind: 'Node', ...nodeObject('n1', { zone: 'west-1', internalIPs: ['192.0.2.1'] }) };
const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };

describe('names from a file', () => {
  test.each([
    ['YAML documents', [POD_YAML, SERVICE_YAML, NODE_YAML, CONFIG_YAML].join('---')],
    [
      'with a mark, comments and empty documents',
      `\uFEFF# all\n---\n${[POD_YAML, '\n', SERVICE_YAML, NODE_YAML, CONFIG_YAML].join('---')}---\n`,
    ],
    ['a YAML list', toList(POD_YAML, SERVICE_YAML, NODE_YAML, CONFIG_YAML)],
    ['a list beside a document', [toList(POD_YAML, CONFIG_YAML), SERVICE_YAML, NODE_YAML].join('---')],
    [
      'JSON list',
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod, service, node, config] }, undefined, 2),
    ],
    ['JSON array', JSON.stringify([pod, service, node, config])],
    [
      'JSON documents one after the other',
      [pod, service, node, config].map((each) => JSON.stringify(each)).join('\n---\n'),
    ],
    [
      'typed lists',
      JSON.stringify([
        {
          apiVersion: 'v1',
          kind: 'PodList',
          items: [{ ...pod, kind: undefined, apiVersion: undefined }].map(
            (each) => JSON.parse(JSON.stringify(each)) as unknown,
          ),
        },
        { apiVersion: 'v1', kind: 'ServiceList', items: [service] },
        { apiVersion: 'v1', kind: 'NodeList', items: [node] },
        { apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'c' } }] },
      ]),
    ],
    [
      'a kind of the same name of another group',
      [
        POD_YAML,
        SERVICE_YAML,
        NODE_YAML,
        '\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n',
      ].join('---'),
    ],
  ])('%s', async (_, text) => {
    const { index, objects, passedOver } = await readObjectsFile({ path: write(text), clusterName: 'blue' });
    expect({ ...objects, passedOver }).toMatchObject({ Pod: 1, Service: 1, Node: 1, Job: 0, passedOver: 1 });
    const end = index.resolveEnd('10.1.0.5', 6, 8080, Date.parse('2001-01-01T00:00:00Z'));
    expect(end).toMatchObject({
      podName: 'cart-1',
      zone: 'west-1',
      clusterName: 'blue',
      labels: { app: 'cart', version: '1' },
    });
    expect(index.resolveService('10.96.0.10', 6, 80, 0)?.serviceName).toBe('cart');
    expect(index.resolveEnd('192.0.2.1', 6, 22, 0).nodeName).toBe('n1');
  });

  test('a pod that tells its start has its address from then on, one that tells its end until then', async () => {
    const finished = [{ state: { terminated: { finishedAt: '2026-11-21T12:00:00Z' } } }];
    const items = [
      podObject('early', {
        ips: ['10.1.0.5'],
        startTime: '2026-11-21T11:00:00Z',
        phase: 'Succeeded',
        containerStatuses: finished,
      }),
      podObject('late', { ips: ['10.1.0.5'], startTime: '2026-11-21T12:00:10Z' }),
      podObject('ended-some-time', { ips: ['10.1.0.6'], phase: 'Failed' }),
    ];
    const { index } = await readObjectsFile({
      path: write(JSON.stringify({ kind: 'PodList', items })),
      clusterCidrs: ['10.0.0.0/8'],
    });
    const at = (time: string): string | undefined => index.resolveEnd('10.1.0.5', 6, 1, Date.parse(time)).podName;
    const times = ['10:00:00', '11:30:00', '11:59:59', '12:00:03', '12:00:09', '12:30:00'];
    expect(times.map((time) => at(`2026-11-21T${time}Z`))).toEqual([
      undefined,
      'early',
      'early',
      'early',
      'late',
      'late',
    ]);
    expect(index.resolveEnd('10.1.0.6', 6, 1, Date.now()).kind).toBe('unknown');
  });

  test('owners may stand behind what they own', async () => {
    const owner = { kind: 'ReplicaSet', name: 'cart-77' };
    const items = [
      { kind: 'Pod', ...podObject('cart-77-x', { ips: ['10.1.0.5'], owner }) },
      { kind: 'ReplicaSet', apiVersion: 'apps/v1', ...ownedObject('cart-77', { kind: 'Deployment', name: 'cart' }) },
    ];
    const { index } = await readObjectsFile({ path: write(JSON.stringify(items)) });
    expect(index.resolveEnd('10.1.0.5', 6, 1, 0)).toMatchObject({ workloadKind: 'Deployment', workloadName: 'cart' });
  });

  test.each<[string, string, RegExp]>([
    ['broken YAML', 'a: [b', /flow/i],
    ['a key twice', 'kind: Pod\nkind: Pod\n', /unique/i],
    ['broken JSON', '{"kind": "Pod",', /./],
    ['text', 'just words', /document 1 is no object/],
    ['no kind', 'metadata: {name: a}', /document 1 has no kind/],
    ['an item of no kind', toList(POD_YAML, 'metadata: {name: a}'), /item 2 of document 1 has no kind/],
    ['a pod without a name', POD_YAML.replace('  name: cart-1\n', ''), /Pod in document 1: metadata\.name is missing/],
    [
      'a namespace that is none',
      POD_YAML.replace('namespace: shop', 'namespace: 7'),
      /Pod cart-1: metadata\.namespace /,
    ],
    ['a label that is a number', POD_YAML.replace('"1"', '1'), /Pod shop\/cart-1: metadata\.labels /],
    [
      'an address that is none',
      POD_YAML.replace('10.1.0.5', '10.1.0.500'),
      /Pod shop\/cart-1: status\.podIPs\[\]\.ip /,
    ],
    [
      'a port that is none',
      SERVICE_YAML.replace('port: 80', 'port: http'),
      /Service shop\/cart: spec\.ports\[\]\.port /,
    ],
    ['a time that is none', POD_YAML.replace('phase: Running', 'startTime: yesterday'), /status\.startTime /],
    [
      'too many aliases',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
      /alias/,
    ],
  ])('is refused, and why: %s', async (_, text, reason) => {
    const error = await readObjectsFile({ path: write(text) }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PodflowError);
    expect(error).toMatchObject({
      code: 'OBJECTS_FILE_INVALID',
      exitCode: 2,
      message: expect.stringMatching(reason) as unknown,
    });
  });

  test('a file that is not there', async () => {
    await expect(readObjectsFile({ path: join(folder, 'none') })).rejects.toThrow(/ENOENT/);
  });

  test('an empty file has no names', async () => {
    const { index, passedOver } = await readObjectsFile({ path: write('') });
    expect([passedOver, index.resolveEnd('10.1.0.5', 6, 1, 0).kind]).toEqual([0, 'external']);
  });
});
