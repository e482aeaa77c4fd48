import { describe, expect, test } from '@jest/globals';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { judgeBy, podEnd, policyObject, type Asked } from '../../support/policy/policy-objects.ts';
import { createEnd } from '../../support/sample-ends.ts';

const nginx = podEnd('nginx', { app: 'nginx' }, { namedPorts: [{ name: 'web', protocolNumber: 6, port: 8080 }] });
const nginxOnly = { matchLabels: { app: 'nginx' } };
const byAccess = { from: [{ podSelector: { matchLabels: { access: 'true' } } }] };
const inTest = podEnd('client', { access: 'true' }, { namespaceName: 'test' });
const outside = createEnd('203.0.113.7', { kind: 'external' });

function why(ingress: readonly object[], source: NamedEnd, asked: Asked = {}): string | undefined {
  const policy = policyObject('access-nginx', { podSelector: nginxOnly, ingress });
  return judgeBy([policy], source, nginx, asked).why;
}

const SELECTS = 'NetworkPolicy shop/access-nginx selects shop/nginx for ingress;';

describe('why a connection is denied', () => {
  test('a label is missing, or another one', () => {
    expect(why([byAccess], podEnd('accessfalse'))).toBe(
      `${SELECTS} none of its rules admits shop/accessfalse (it lacks label access=true)`,
    );
    expect(why([byAccess], podEnd('accessfalse', { access: 'false' }))).toBe(
      `${SELECTS} none of its rules admits shop/accessfalse (it lacks label access=true, having access=false)`,
    );
  });

  test.each([
    [{ key: 'a', operator: 'In', values: ['x', 'y'] }, 'it lacks label a in (x, y), having a=b'],
    [{ key: 'a', operator: 'NotIn', values: ['b'] }, 'it has label a=b'],
    [{ key: 'c', operator: 'Exists' }, 'it lacks label c'],
    [{ key: 'a', operator: 'DoesNotExist' }, 'it has label a=b'],
  ])('%j', (requirement, lacking) => {
    const rule = { from: [{ podSelector: { matchExpressions: [requirement] } }] };
    expect(why([rule], podEnd('client', { a: 'b' }))).toBe(
      `${SELECTS} none of its rules admits shop/client (${lacking})`,
    );
  });

  test('the nearest of several rules is told', () => {
    const far = { from: [{ podSelector: { matchLabels: { app: 'a', tier: 'b', access: 'c' } } }] };
    expect(why([far, byAccess, far], podEnd('client', { app: 'a' }))).toContain('(it lacks label access=true)');
    const closed = { ...byAccess, ports: [{ port: 443 }] };
    expect(why([closed, far], podEnd('client', {}))).toContain(
      '(it lacks label access=true and only TCP 443 is open there, not TCP 80)',
    );
  });

  test('the namespace is another, or lacks a label', () => {
    expect(why([byAccess], inTest)).toContain('admits test/client (it is in namespace test, not shop)');
    const byTeam = { from: [{ namespaceSelector: { matchLabels: { team: 'web' } } }] };
    expect(why([byTeam], inTest)).toContain('admits test/client (its namespace test lacks label team=web)');
  });

  test('an address is in no block, or taken out of it', () => {
    const byBlock = { from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } }] };
    expect(why([byBlock], outside)).toContain(
      'admits 203.0.113.7 (203.0.113.7 is in 203.0.113.0/28, which is excepted)',
    );
    expect(why([byBlock], createEnd('8.8.8.8', { kind: 'external' }))).toContain('(8.8.8.8 is not in 203.0.113.0/24)');
    expect(why([byAccess], outside)).toContain('admits 203.0.113.7 (it is no pod)');
    const node = createEnd('192.0.2.9', { kind: 'node', nodeName: 'worker-9' });
    expect(why([byAccess], node)).toContain('admits node worker-9 (');
  });

  test('the port is another', () => {
    expect(why([{ ports: [{ port: 8080 }] }], outside)).toBe(`${SELECTS} its rules open TCP 8080, not TCP 80`);
    const ports = [{ port: 'web' }, { port: 'none' }, { protocol: 'UDP' }, { port: 1, endPort: 9 }];
    expect(why([{ ports }], outside)).toBe(
      `${SELECTS} its rules open TCP web (8080), TCP none (which the pod does not declare), all of UDP and TCP 1-9, not TCP 80`,
    );
    const many = Array.from({ length: 9 }, (_, i) => ({ port: 1_000 + i }));
    expect(why([{ ports: many }], outside)).toContain('TCP 1004 and 4 more, not TCP 80');
  });

  test('the port is another, whoever the peer may be', () => {
    const toPods = [{ to: [{ podSelector: {} }], ports: [{ port: 8080 }] }];
    const out = policyObject('out', { policyTypes: ['Egress'], egress: toPods });
    expect(judgeBy([out], nginx, createEnd('10.1.9.9')).why).toBe(
      'NetworkPolicy shop/out selects shop/nginx for egress; its rules open TCP 8080, not TCP 80',
    );
  });

  test('there are no rules, of one or several policies', () => {
    expect(why([], outside)).toBe(`${SELECTS} it has no ingress rules`);
    const both = ['b', 'a'].map((name) => policyObject(name, {}));
    expect(judgeBy(both, outside, nginx).why).toBe(
      'NetworkPolicies shop/a and shop/b select shop/nginx for ingress; they have no ingress rules',
    );
  });

  test('of the source’s side it is the egress', () => {
    const policies = [policyObject('out', { policyTypes: ['Egress'] }), policyObject('in', {})];
    expect(judgeBy(policies, podEnd('client'), nginx).why).toBe(
      'NetworkPolicy shop/out selects shop/client for egress; it has no egress rules',
    );
  });
});

describe('why it is not known', () => {
  test.each<[string, readonly object[], NamedEnd, Asked]>([
    ['the API does not say what that means for ICMP', [{}], outside, { protocolNumber: 1, port: undefined }],
    [
      'the API leaves open what that means for shop/host, which is in its node’s network'.replace('’', "'"),
      [byAccess],
      podEnd('host', { access: 'true' }, { isHostNetwork: true }),
      {},
    ],
    [
      'the labels of namespace nowhere are not known',
      [{ from: [{ namespaceSelector: { matchLabels: { team: 'x' } } }] }],
      podEnd('client', {}, { namespaceName: 'nowhere' }),
      {},
    ],
  ])('%s', (told, ingress, source, asked) => {
    expect(why(ingress, source, asked)).toBe(`${SELECTS} ${told}`);
  });

  test('a policy cannot be read, or the end is not known', () => {
    const bad = policyObject('bad', { policyTypes: ['Sideways'] });
    expect(judgeBy([bad], outside, nginx).why).toBe(
      'NetworkPolicy shop/bad could not be read in full and may be for ingress of shop/nginx',
    );
    expect(judgeBy([], nginx, createEnd('10.1.9.9')).why).toBe(
      'nothing is known of 10.1.9.9, nor which policies select it for ingress',
    );
    const toPods = policyObject('out', { policyTypes: ['Egress'], egress: [{ to: [{ podSelector: {} }] }] });
    expect(judgeBy([toPods], nginx, createEnd('10.1.9.9')).why).toBe(
      'NetworkPolicy shop/out selects shop/nginx for egress; nothing is known of 10.1.9.9',
    );
  });

  test('what is allowed needs no reason', () => {
    expect(why([{}], outside)).toBeUndefined();
  });
});
