import { describe, expect, test } from '@jest/globals';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { judgeBy, podEnd, policyObject, type Asked } from '../../support/policy/policy-objects.ts';
import { createEnd } from '../../support/sample-ends.ts';

const client = podEnd('client', { app: 'client' });
const server = podEnd('server', { app: 'server' });
const unknown = createEnd('10.1.9.9', { kind: 'unknown' });
const service = createEnd('10.96.0.1', { kind: 'service', namespaceName: 'shop', serviceName: 'web' });

const byPod = { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }] };
const byBlock = (cidr: string) => ({ ingress: [{ from: [{ ipBlock: { cidr } }] }] });

function ofIngress(spec: object, source: NamedEnd, destination = server, asked: Asked = {}) {
  const { verdict, cause } = judgeBy([policyObject('a', spec)], source, destination, asked).ingress;
  return [verdict, cause];
}

describe('hostNetwork pods', () => {
  const host = podEnd('host', { app: 'client' }, { isHostNetwork: true, address: '192.0.2.5' });

  test('as a peer: a selector may mean it, a block does, and what fits neither is denied', () => {
    expect(ofIngress(byPod, host)).toEqual(['unknown', 'host_network']);
    expect(ofIngress(byBlock('192.0.2.0/24'), host)).toEqual(['allowed', 'rule_matched']);
    expect(ofIngress({ ingress: [{ from: [{ podSelector: { matchLabels: { app: 'x' } } }] }] }, host)).toEqual([
      'denied',
      'no_rule_for_peer',
    ]);
  });

  test('of the pod’s own node: its traffic may be the node’s', () => {
    expect(ofIngress({ ingress: [] }, { ...host, nodeName: server.nodeName })).toEqual(['unknown', 'host_network']);
  });

  test('selected: it matters only where they would deny it', () => {
    const selected = { ...server, isHostNetwork: true };
    expect(ofIngress(byPod, client, selected)).toEqual(['allowed', 'rule_matched']);
    expect(ofIngress({ ingress: [] }, client, selected)).toEqual(['unknown', 'host_network']);
    expect(judgeBy([], client, selected).verdict).toBe('allowed');
  });

  test('several at one address', () => {
    const shared = createEnd('192.0.2.7', { kind: 'ambiguous', nodeName: 'other', candidateCount: 2 });
    expect(ofIngress(byPod, shared)).toEqual(['unknown', 'host_network']);
    expect(ofIngress(byBlock('10.0.0.0/8'), shared)).toEqual(['denied', 'no_rule_for_peer']);
    expect(judgeBy([], shared, server).egress).toMatchObject({ verdict: 'unknown', cause: 'host_network' });
  });
});

describe('protocols without ports', () => {
  test.each([IP_PROTOCOL.icmp, IP_PROTOCOL.icmp6, 47])('%i', (protocolNumber) => {
    const asked = { protocolNumber, port: undefined };
    expect(ofIngress({ ingress: [{}] }, client, server, asked)).toEqual(['unknown', 'protocol_not_covered']);
    expect(judgeBy([], client, server, asked).verdict).toBe('allowed');
    expect(ofIngress({ ingress: [] }, server, server, asked)).toEqual(['allowed', 'own_pod']);
  });
});

describe('what is not known', () => {
  test('of an end matters only where a policy has a say', () => {
    expect(ofIngress(byPod, unknown)).toEqual(['unknown', 'facts_missing']);
    expect(ofIngress({ ingress: [] }, unknown)).toEqual(['denied', 'no_rules']);
    expect(ofIngress({ ingress: [{}] }, unknown)).toEqual(['allowed', 'rule_matched']);
    expect(ofIngress(byBlock('10.1.9.0/24'), unknown)).toEqual(['allowed', 'rule_matched']);
    expect(judgeBy([], client, unknown).ingress).toMatchObject({ verdict: 'unknown', cause: 'facts_missing' });
  });

  test('labels of a namespace matter only where a selector asks for them', () => {
    const stray = podEnd('stray', { app: 'client' }, { namespaceName: 'nowhere' });
    const ofTeam = (podSelector: object) => ({
      ingress: [{ from: [{ podSelector, namespaceSelector: { matchLabels: { team: 'x' } } }] }],
    });
    expect(ofIngress(ofTeam({}), stray)).toEqual(['unknown', 'facts_missing']);
    expect(ofIngress(ofTeam({ matchLabels: { app: 'x' } }), stray)).toEqual(['denied', 'no_rule_for_peer']);
    expect(ofIngress({ ingress: [{ from: [{ namespaceSelector: {} }] }] }, stray)).toEqual(['allowed', 'rule_matched']);
  });

  test('the address of a pod matters only where a block may have it', () => {
    const pending = podEnd('client', { app: 'client' }, { address: '' });
    expect(ofIngress(byBlock('10.0.0.0/8'), pending)).toEqual(['unknown', 'facts_missing']);
    expect(ofIngress(byPod, pending)).toEqual(['allowed', 'rule_matched']);
  });

  test('the node of a pod matters only to a node', () => {
    const unplaced = { ...server, nodeName: undefined };
    expect(ofIngress({ ingress: [] }, createEnd('192.0.2.1', { kind: 'node', nodeName: 'n' }), unplaced)).toEqual([
      'unknown',
      'facts_missing',
    ]);
    expect(ofIngress({ ingress: [] }, client, unplaced)).toEqual(['denied', 'no_rules']);
  });
});

describe('malformed policies', () => {
  const malformed = (spec: object) => policyObject('bad', { ...spec, policyTypes: ['Ingress', 'Sideways'] });

  test('never deny, and make unknown what they could decide', () => {
    expect(judgeBy([malformed({})], client, server).ingress).toMatchObject({
      verdict: 'unknown',
      cause: 'policy_malformed',
      selecting: [],
    });
    const denying = policyObject('deny', { ingress: [] });
    expect(judgeBy([malformed({}), denying], client, server).ingress.cause).toBe('policy_malformed');
    expect(judgeBy([malformed({})], server, client).policy).toBeUndefined();
  });

  test('take nothing away from what others allow', () => {
    const open = policyObject('open', { ingress: [{}], policyTypes: ['Ingress', 'Egress'], egress: [{}] });
    expect(judgeBy([malformed({}), open], client, server).verdict).toBe('allowed');
  });

  test('mean nothing to pods that they do not select', () => {
    expect(judgeBy([malformed({ podSelector: { matchLabels: { app: 'x' } } })], client, server).verdict).toBe(
      'allowed',
    );
  });

  test.each([
    { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }] },
    { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] },
    { ingress: [{ ports: [{ port: 'http', endPort: 99 }] }] },
    { ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] } }] }] },
    { ingress: [{ from: [{}] }] },
    { ingress: 'all' },
  ])('%j', (spec) => {
    expect(judgeBy([policyObject('bad', spec)], client, server).ingress.cause).toBe('policy_malformed');
  });
});

describe('Services', () => {
  const other = podEnd('other', { app: 'other' });
  const selectServer = policyObject('a', { podSelector: { matchLabels: { app: 'server' } }, ingress: [] });
  const ask = (policies: readonly object[], backends: readonly NamedEnd[]) =>
    judgeBy(policies, client, service, {
      options: { resolveBackends: () => backends.map((end) => ({ end, port: 8080 })) },
    });

  test('are judged by all of their backends', () => {
    expect(ask([selectServer], [server, server]).verdict).toBe('denied');
    expect(ask([selectServer], [other, other]).verdict).toBe('allowed');
    const mixed = ask([selectServer], [other, server]);
    expect([mixed.verdict, mixed.deciding?.cause]).toEqual(['unknown', 'facts_missing']);
    expect(mixed.why).toContain('not say the same of all backends');
  });

  test('by the backends’ ports', () => {
    const only8080 = policyObject('a', { ingress: [{ ports: [{ port: 8080 }] }] });
    expect(ask([only8080], [server]).verdict).toBe('allowed');
  });

  test('whose backends are not known are unknown where policies could have a say', () => {
    expect(judgeBy([], client, service).verdict).toBe('allowed');
    expect(judgeBy([selectServer], client, service).ingress).toMatchObject({ verdict: 'unknown', selecting: [] });
    const out = (rules: readonly object[]) => policyObject('out', { policyTypes: ['Egress'], egress: rules });
    expect(judgeBy([out([])], client, service).verdict).toBe('denied');
    expect(judgeBy([out([{}])], client, service).verdict).toBe('allowed');
    // The ClusterIP and its port are not what rules are about.
    expect(judgeBy([out([{ to: [{ ipBlock: { cidr: '10.96.0.0/12' } }] }])], client, service).verdict).toBe('unknown');
    expect(judgeBy([out([{ ports: [{ port: 80 }] }])], client, service).verdict).toBe('unknown');
    expect(judgeBy([out([{ ports: [{ protocol: 'UDP' }] }])], client, service).verdict).toBe('denied');
  });
});
