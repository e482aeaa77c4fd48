import { describe, expect, test } from '@jest/globals';
import type { PolicyEndpointFacts } from '../../../src/model/network-policy.ts';
import { comparePolicyEndpoints } from '../../../src/policy/compare-policy-endpoints.ts';
import { PolicyEvaluator } from '../../../src/policy/policy-evaluator.ts';
import { MemoryCatalogue } from '../../support/policy/memory-catalogue.ts';
import { NAMESPACES, podEnd, policyObject } from '../../support/policy/policy-objects.ts';

const nginx = podEnd('nginx', { app: 'nginx' });
const client = podEnd('client', { access: 'true' });
const accessNginx = policyObject('access-nginx', {
  podSelector: { matchLabels: { app: 'nginx' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { access: 'true' } } }] }],
});

function endpoint(changes: Partial<PolicyEndpointFacts> = {}): PolicyEndpointFacts {
  return {
    namespaceName: 'shop',
    name: 'access-nginx-x7k2p',
    isWhole: true,
    policyNamespaceName: 'shop',
    policyName: 'access-nginx',
    isolated: ['ingress'],
    pods: [{ address: nginx.address, namespaceName: 'shop', name: 'nginx' }],
    ingress: [{ ipBlock: { cidr: `${client.address}/32`, except: [] }, ports: [] }],
    egress: [],
    ...changes,
  };
}

function compare(endpoints: readonly PolicyEndpointFacts[], policies = [accessNginx], source = client, port = 80) {
  const catalogue = new MemoryCatalogue(policies, NAMESPACES);
  catalogue.endpoints = endpoints;
  const judgement = new PolicyEvaluator({ catalogue }).evaluate(source, nginx, 6, port, Infinity);
  return comparePolicyEndpoints({ source, destination: nginx, protocolNumber: 6, port }, judgement, catalogue);
}

describe('what a controller resolved a policy to, beside the policy', () => {
  const stranger = podEnd('stranger', {});
  const policy = { namespaceName: 'shop', name: 'access-nginx' };

  test('agrees, of whom it admits and whom not', () => {
    expect(compare([endpoint()])).toEqual([
      {
        policy,
        direction: 'ingress',
        state: 'agrees',
        policySays: 'admits',
        resolvedSays: 'admits',
        why: `what it was resolved to (PolicyEndpoint shop/access-nginx-x7k2p) admits ${client.address} to port 80`,
      },
    ]);
    expect(compare([endpoint()], undefined, stranger)).toMatchObject([
      { state: 'agrees', policySays: 'denies', resolvedSays: 'denies' },
    ]);
  });

  test('is not there', () => {
    expect(compare([])).toMatchObject([{ policy, state: 'absent', policySays: 'admits', resolvedSays: undefined }]);
    expect(compare([endpoint({ policyName: 'other', pods: [] })])).toMatchObject([{ state: 'absent' }]);
  });

  test('does not say so yet: of the peer, of its port, of the pod, of the direction', () => {
    const cases = [
      endpoint({ ingress: [] }),
      endpoint({
        ingress: [{ ...endpoint().ingress[0]!, ports: [{ protocolNumber: 6, port: 81, endPort: undefined }] }],
      }),
      endpoint({ pods: [] }),
      endpoint({ pods: [{ address: '10.9.9.9', namespaceName: 'shop', name: 'nginx' }] }),
      endpoint({ isolated: ['egress'] }),
    ];
    expect(cases.map((each) => compare([each])[0]?.state)).toEqual(cases.map(() => 'not_yet'));
    expect(compare([endpoint({ pods: [] })])[0]?.why).toBe(
      'PolicyEndpoint shop/access-nginx-x7k2p does not have shop/nginx for ingress',
    );
  });

  test('of a large policy is in several', () => {
    const parts = [endpoint({ name: 'a', ingress: [] }), endpoint({ name: 'b' }), endpoint({ name: 'c', pods: [] })];
    expect(compare(parts)).toMatchObject([{ state: 'agrees', resolvedSays: 'admits' }]);
  });

  test('cannot be told by address: a domain name, or what could not be read', () => {
    const byName = endpoint({ ingress: [{ ipBlock: undefined, ports: [] }] });
    expect(compare([byName])).toMatchObject([{ state: 'not_yet', resolvedSays: 'unknown' }]);
    expect(compare([endpoint({ isWhole: false })])).toMatchObject([{ resolvedSays: 'unknown' }]);
  });

  test('still isolates a pod that no policy selects any more', () => {
    expect(compare([endpoint()], [])).toMatchObject([
      {
        policy,
        state: 'not_yet',
        why: 'PolicyEndpoint shop/access-nginx-x7k2p still has shop/nginx for ingress, which the policy does not select',
      },
    ]);
  });
});
