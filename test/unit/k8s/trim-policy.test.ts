import { describe, expect, test } from '@jest/globals';
import { FieldReader } from '../../../src/k8s/field-reader.ts';
import { SharedValues } from '../../../src/k8s/shared-values.ts';
import { trimNetworkPolicy } from '../../../src/k8s/trim-network-policy.ts';
import { trimPolicyEndpoint } from '../../../src/k8s/trim-policy-endpoint.ts';

const metadata = { name: 'deny', namespace: 'shop' };

function trim(spec: unknown): ReturnType<typeof trimNetworkPolicy> {
  return trimNetworkPolicy({ metadata, spec }, new FieldReader(), new SharedValues());
}

const withPort = (...ports: unknown[]): object => ({ ingress: [{ ports }] });
const withPeer = (...from: unknown[]): object => ({ ingress: [{ from }] });
const withBlock = (cidr: unknown, except?: unknown): object => withPeer({ ipBlock: { cidr, except } });
const withExpression = (expression: unknown): object => ({ podSelector: { matchExpressions: [expression] } });
const withLabels = (matchLabels: unknown): object => ({ podSelector: { matchLabels } });

/** What `validation.ValidateNetworkPolicy` and its tests (kubernetes/pkg/apis/networking/validation) take and refuse. */
describe('a policy that the API server would take is whole', () => {
  test.each<[unknown]>([
    [undefined],
    [{}],
    [{ podSelector: {}, ingress: null, egress: [], policyTypes: [] }],
    [{ policyTypes: ['Ingress', 'Egress'] }],
    [{ policyTypes: ['Egress', 'Egress'] }],
    [withPort({})],
    [withPort({ port: 1 }, { port: 65_535, protocol: 'UDP' }, { protocol: 'SCTP', port: null })],
    [withPort({ port: 'a' }, { port: 'http-2' }, { port: '9p' }, { port: 'abcdefghij-1234' })],
    [withPort({ port: 32_000, endPort: 32_000 }, { port: 1, endPort: 65_535, protocol: 'UDP' })],
    [withPeer({ podSelector: {} }, { namespaceSelector: {} }, { podSelector: {}, namespaceSelector: {} })],
    [withBlock('0.0.0.0/0', ['10.0.0.0/8', '10.1.2.3/32'])],
    [withBlock('192.168.5.7/16', ['192.168.3.0/24'])],
    [withBlock('fd00::/8', ['fd00:1::/32'])],
    [withBlock('::/0', null)],
    [withExpression({ key: 'app.example.com/tier', operator: 'In', values: ['', 'a', 'A_b.c-9'] })],
    [withExpression({ key: 'tier', operator: 'DoesNotExist', values: [] })],
    [withLabels({ 'kubernetes.io/metadata.name': 'shop', empty: '' })],
  ])('%j', (spec) => {
    expect(trim(spec)).toMatchObject({ isWhole: true, fault: undefined });
  });
});

describe('a policy that the API server would refuse is not, and tells why', () => {
  test.each<[unknown, string]>([
    [[], 'spec'],
    [{ policyTypes: ['Ingress', 'Both'] }, 'spec.policyTypes[1]'],
    [{ policyTypes: ['Ingress', 'Egress', 'Ingress'] }, 'spec.policyTypes'],
    [{ policyTypes: 'Ingress' }, 'spec.policyTypes'],
    [{ ingress: [{}, 'all'] }, 'spec.ingress[1]'],
    [{ egress: [{ to: [{}] }] }, 'spec.egress[0].to[0]'],
    [withPort({ port: 80 }, { port: 0 }), 'spec.ingress[0].ports[1].port'],
    [withPort({ port: 65_536 }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: 80.5 }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: '80' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: 'HTTP' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: 'a--b' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: '-a' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: 'a-' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: 'abcdefghij-12345' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ port: '' }), 'spec.ingress[0].ports[0].port'],
    [withPort({ protocol: 'ICMP' }), 'spec.ingress[0].ports[0].protocol'],
    [withPort({ protocol: 'constructor' }), 'spec.ingress[0].ports[0].protocol'],
    [withPort({ protocol: 'tcp' }), 'spec.ingress[0].ports[0].protocol'],
    [withPort({ protocol: '' }), 'spec.ingress[0].ports[0].protocol'],
    [withPort({ port: 80, endPort: 79 }), 'spec.ingress[0].ports[0].endPort'],
    [withPort({ port: 80, endPort: 65_536 }), 'spec.ingress[0].ports[0].endPort'],
    [withPort({ port: 'http', endPort: 90 }), 'spec.ingress[0].ports[0].endPort'],
    [withPort({ endPort: 90 }), 'spec.ingress[0].ports[0].endPort'],
    [withPeer({ podSelector: {} }, {}), 'spec.ingress[0].from[1]'],
    [withPeer(null), 'spec.ingress[0].from[0]'],
    [withPeer({ ipBlock: { cidr: '10.0.0.0/8' }, namespaceSelector: {} }), 'spec.ingress[0].from[0]'],
    [withBlock(undefined), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('10.0.0.0'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('10.0.0.0/33'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('10.0.0/8'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('10.0.0.0/+8'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('fe80::1%eth0/64'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('fd00::/129'), 'spec.ingress[0].from[0].ipBlock.cidr'],
    [withBlock('10.0.0.0/8', ['11.0.0.0/16']), 'spec.ingress[0].from[0].ipBlock.except[0]'],
    [withBlock('10.0.0.0/8', ['10.1.0.0/16', '10.0.0.0/8']), 'spec.ingress[0].from[0].ipBlock.except[1]'],
    [withBlock('10.0.0.0/8', ['0.0.0.0/0']), 'spec.ingress[0].from[0].ipBlock.except[0]'],
    [withBlock('10.0.0.0/8', ['fd00::/64']), 'spec.ingress[0].from[0].ipBlock.except[0]'],
    [withBlock('10.0.0.0/8', ['x']), 'spec.ingress[0].from[0].ipBlock.except[0]'],
    [withBlock('10.0.0.0/8', [7]), 'spec.ingress[0].from[0].ipBlock.except[0]'],
    [withExpression({ operator: 'Exists' }), 'spec.podSelector.matchExpressions[0].key'],
    [withExpression({ key: 'a b', operator: 'Exists' }), 'spec.podSelector.matchExpressions[0].key'],
    [withExpression({ key: 'UPPER/a', operator: 'Exists' }), 'spec.podSelector.matchExpressions[0].key'],
    [withExpression({ key: 'a/b/c', operator: 'Exists' }), 'spec.podSelector.matchExpressions[0].key'],
    [withExpression({ key: 'x'.repeat(64), operator: 'Exists' }), 'spec.podSelector.matchExpressions[0].key'],
    [withExpression({ key: 'a', operator: 'Like' }), 'spec.podSelector.matchExpressions[0].operator'],
    [withExpression({ key: 'a' }), 'spec.podSelector.matchExpressions[0].operator'],
    [withExpression({ key: 'a', operator: 'In' }), 'spec.podSelector.matchExpressions[0].values'],
    [withExpression({ key: 'a', operator: 'NotIn', values: [] }), 'spec.podSelector.matchExpressions[0].values'],
    [withExpression({ key: 'a', operator: 'Exists', values: ['b'] }), 'spec.podSelector.matchExpressions[0].values'],
    [withExpression({ key: 'a', operator: 'In', values: ['b', 7] }), 'spec.podSelector.matchExpressions[0].values[1]'],
    [withExpression({ key: 'a', operator: 'In', values: ['b c'] }), 'spec.podSelector.matchExpressions[0].values[0]'],
    [withExpression(null), 'spec.podSelector.matchExpressions[0]'],
    [withLabels({ a: 7 }), 'spec.podSelector.matchLabels'],
    [withLabels({ 'a b': 'c' }), 'spec.podSelector.matchLabels[a b]'],
    [withLabels({ a: '-c' }), 'spec.podSelector.matchLabels[a]'],
    [withLabels({ a: 'x'.repeat(64) }), 'spec.podSelector.matchLabels[a]'],
    [
      { egress: [{ to: [{ namespaceSelector: { matchLabels: [] } }] }] },
      'spec.egress[0].to[0].namespaceSelector.matchLabels',
    ],
  ])('%j', (spec, fault) => {
    expect(trim(spec)).toMatchObject({ name: 'deny', isWhole: false, fault });
  });
});

describe('the blocks of a policy', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/08', '10.1.2.3/8'],
    ['010.000.000.000/8', '10.0.0.0/8'],
    ['FD00:0::/8', 'fd00::/8'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('%s is %s: in the form of the addresses of records', (told, expected) => {
    expect(trim(withBlock(told))?.ingress?.[0]?.peers[0]?.ipBlock).toEqual({ cidr: expected, except: [] });
  });
});

describe('what is kept of a PolicyEndpoint', () => {
  const spec = {
    policyRef: { name: 'deny', namespace: 'shop' },
    podSelector: { matchLabels: { app: 'cart' } },
    podIsolation: ['Ingress', 'Egress'],
    podSelectorEndpoints: [{ hostIP: '192.0.2.1', podIP: 'FD00:0::5', name: 'cart-1', namespace: 'shop' }],
    ingress: [{ cidr: '10.1.0.7', ports: [{ protocol: 'TCP', port: 8080 }] }, { cidr: 'fd00::7' }],
    egress: [
      { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '192.0.2.1'], ports: [{ protocol: 'UDP', port: 1, endPort: 9 }] },
      { domainName: 'example.com', ports: [{ port: 443 }] },
    ],
  };
  const trimEndpoint = (raw: unknown) => {
    const reader = new FieldReader();
    const facts = trimPolicyEndpoint(
      { metadata: { name: 'deny-x2', namespace: 'shop' }, spec: raw },
      reader,
      new SharedValues(),
    );
    return { facts, fault: reader.fault };
  };

  test('all that was resolved', () => {
    const { facts, fault } = trimEndpoint(spec);
    expect(fault).toBeUndefined();
    const any = { protocolNumber: 6, endPort: undefined };
    expect(facts).toEqual({
      namespaceName: 'shop',
      name: 'deny-x2',
      isWhole: true,
      policyNamespaceName: 'shop',
      policyName: 'deny',
      isolated: ['ingress', 'egress'],
      pods: [{ address: 'fd00::5', namespaceName: 'shop', name: 'cart-1' }],
      ingress: [
        { ipBlock: { cidr: '10.1.0.7/32', except: [] }, ports: [{ ...any, port: 8080 }] },
        { ipBlock: { cidr: 'fd00::7/128', except: [] }, ports: [] },
      ],
      egress: [
        {
          ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '192.0.2.1/32'] },
          ports: [{ protocolNumber: 17, port: 1, endPort: 9 }],
        },
        { ipBlock: undefined, ports: [{ ...any, port: 443 }] },
      ],
    });
  });

  test.each<[object, string]>([
    [{ policyRef: {} }, 'spec.policyRef.name'],
    [{ policyRef: undefined }, 'spec.policyRef.name'],
    [{ podIsolation: ['Both'] }, 'spec.podIsolation[0]'],
    [{ podIsolation: ['constructor'] }, 'spec.podIsolation[0]'],
    [{ podSelectorEndpoints: [{ podIP: 'x', name: 'a', namespace: 'b' }] }, 'spec.podSelectorEndpoints[0].podIP'],
    [{ podSelectorEndpoints: [{ podIP: '10.1.0.5', name: 'a' }] }, 'spec.podSelectorEndpoints[0]'],
    [{ ingress: [{}] }, 'spec.ingress[0].cidr'],
    [{ egress: [{ cidr: '10.0.0.0/8', ports: [{ port: 'x' }, { port: -1 }] }] }, 'spec.egress[0].ports[1].port'],
  ])('%j is not whole', (part, expected) => {
    const { facts, fault } = trimEndpoint({ ...spec, ...part });
    expect([facts?.isWhole, fault]).toEqual([false, expected]);
  });
});
