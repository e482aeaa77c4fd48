import { describe, expect, test } from '@jest/globals';
import { readObjects } from '../../../src/k8s/read-objects.ts';
import { PodflowError } from '../../../src/lib/podflow-error.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }] },
};
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
};
const POLICY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny', namespace: '' },
  spec: { podSelector: {} },
};
const ENDPOINT = {
  apiVersion: 'networking.k8s.aws/v1alpha1',
  kind: 'PolicyEndpoint',
  metadata: { name: 'deny-x', namespace: 'default' },
  spec: { policyRef: { name: 'deny', namespace: 'default' } },
};
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };

describe('objects as they are written', () => {
  test.each<[string, unknown]>([
    ['a list', { apiVersion: 'v1', kind: 'List', items: [POD, SERVICE, POLICY, ENDPOINT, NAMESPACE] }],
    ['an array', [POD, SERVICE, POLICY, ENDPOINT, NAMESPACE]],
    [
      'an array of lists',
      [{ kind: 'PodList', items: [POD] }, [SERVICE, POLICY], { kind: 'List', items: [ENDPOINT, NAMESPACE] }],
    ],
  ])('are taken from %s, without what a server fills in', (_, value) => {
    const { index, objects } = readObjects(value, { path: 'line 1' });
    expect(objects).toMatchObject({ Pod: 1, Service: 1, NetworkPolicy: 1, PolicyEndpoint: 1, Namespace: 1, Node: 0 });
    expect(index.findPod('default', 'web')).toMatchObject({
      end: { address: '', labels: { app: 'web' }, namedPorts: [{ name: 'http', protocolNumber: 6, port: 8080 }] },
    });
    expect(index.serviceBackends('default', 'web')).toMatchObject([{ end: { podName: 'web' }, port: 8080 }]);
    for (const timeMs of [Infinity, 0])
      expect(index.policies.policies('default', timeMs)).toMatchObject([{ name: 'deny', isWhole: true }]);
    expect(index.policies.policyEndpoints('default')).toHaveLength(1);
    expect(index.policies.namespaceLabels('default', Infinity)).toEqual({ 'kubernetes.io/metadata.name': 'default' });
  });

  test('one object will do, and none', () => {
    expect(readObjects(POD, { path: 'x' }).objects.Pod).toBe(1);
    expect(readObjects([], { path: 'x' }).passedOver).toBe(0);
  });

  test('an object that is not changed for what it lacks', () => {
    const pod = structuredClone(POD);
    readObjects(pod, { path: 'x' });
    expect(pod).toEqual(POD);
  });

  test.each<[unknown, RegExp]>([
    [null, /document 1 is no object/],
    ['Pod', /document 1 is no object/],
    [[POD, 7], /item 2 of document 1 is no object/],
    [{ ...POD, kind: undefined }, /document 1 has no kind/],
    [{ ...POD, metadata: {} }, /Pod in document 1: metadata\.name is missing/],
    [{ ...POD, metadata: 'web' }, /Pod in document 1: metadata is/],
    [
      { ...POLICY, spec: { ingress: [{}, { from: [{ ipBlock: { cidr: '10.0.0.0/40' } }] }] } },
      /NetworkPolicy deny: spec\.ingress\[1\]\.from\[0\]\.ipBlock\.cidr is missing or of another form/,
    ],
    [
      { ...POLICY, metadata: { name: 'deny', namespace: 'shop' }, spec: { policyTypes: ['Deny'] } },
      /NetworkPolicy shop\/deny: spec\.policyTypes\[0\] /,
    ],
  ])('are refused with object and field: %j', (value, reason) => {
    let error: unknown;
    try {
      readObjects(value, { path: 'line 7' });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PodflowError);
    expect(error).toMatchObject({ code: 'OBJECTS_FILE_INVALID', message: expect.stringMatching(reason) as unknown });
    expect((error as Error).message).toContain('in line 7');
  });
});
