import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import { nodeObject, podObject, serviceObject, sliceObject } from '../../support/kubernetes-objects.ts';

const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const { tcp, udp, sctp } = IP_PROTOCOL;
const at = (seconds: number): number => NOON_MS + 1_000 * seconds;

describe('Services by address, protocol and port', () => {
  const index = new NameIndex({ clusterName: 'blue', clusterCidrs: ['10.96.0.0/12', 'nonsense'] });
  const node = nodeObject('n1', {
    internalIPs: ['192.0.2.1', 'FD00::192:1'],
    externalIPs: ['203.0.113.1'],
    podCIDRs: ['10.1.0.0/24'],
  });
  index.apply('Node', 'ADDED', node, at(0));
  const add = (name: string, options: Parameters<typeof serviceObject>[1]): void =>
    index.apply('Service', 'ADDED', serviceObject(name, options), at(0));
  add('cart', {
    clusterIPs: ['10.96.0.10', 'FD00:96::000A'],
    ports: [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81, protocol: 'TCP' },
    ],
  });
  add('dns', {
    clusterIPs: ['10.96.0.53'],
    ports: [
      { name: 'udp', port: 53, protocol: 'UDP' },
      { name: 'tcp', port: 53 },
      { port: 53, protocol: 'SCTP' },
    ],
  });
  add('front', {
    type: 'LoadBalancer',
    clusterIPs: ['10.96.0.20'],
    externalIPs: ['203.0.113.80'],
    loadBalancerIPs: ['203.0.113.90'],
    ports: [{ name: 'https', port: 443, nodePort: 30_443 }],
  });
  add('one', { externalIPs: ['203.0.113.99'], ports: [{ port: 1000 }] });
  add('two', { externalIPs: ['203.0.113.99'], ports: [{ port: 2000 }] });
  add('headless', { clusterIPs: ['None'], ports: [{ port: 80 }] });
  add('alias', {
    type: 'ExternalName',
    clusterIPs: ['10.96.0.77'],
    externalIPs: ['203.0.113.77'],
    ports: [{ port: 80 }],
  });

  const service = (serviceName: string, via: string, portName?: string): object => ({
    namespaceName: 'shop',
    serviceName,
    portName,
    via,
  });

  test.each<[string, string, number, number | undefined, object | undefined]>([
    ['a ClusterIP', '10.96.0.10', tcp, 80, service('cart', 'ClusterIP', 'http')],
    ['another port', '10.96.0.10', tcp, 81, service('cart', 'ClusterIP', 'admin')],
    ['dual stack', 'fd00:96::a', tcp, 80, service('cart', 'ClusterIP', 'http')],
    ['dual stack, written otherwise', 'FD00:96:0:0::a', tcp, 80, service('cart', 'ClusterIP', 'http')],
    ['IPv4-mapped', '::ffff:10.96.0.10', tcp, 80, service('cart', 'ClusterIP', 'http')],
    ['a port that it has not', '10.96.0.10', tcp, 82, undefined],
    ['a protocol that it has not', '10.96.0.10', udp, 80, undefined],
    ['no port', '10.96.0.10', tcp, undefined, undefined],
    ['one port, by protocol: UDP', '10.96.0.53', udp, 53, service('dns', 'ClusterIP', 'udp')],
    ['one port, by protocol: TCP', '10.96.0.53', tcp, 53, service('dns', 'ClusterIP', 'tcp')],
    ['one port, by protocol: SCTP', '10.96.0.53', sctp, 53, service('dns', 'ClusterIP')],
    ['ICMP has no ports', '10.96.0.53', 1, 53, undefined],
    ['an external IP', '203.0.113.80', tcp, 443, service('front', 'ExternalIP', 'https')],
    ['a load balancer', '203.0.113.90', tcp, 443, service('front', 'LoadBalancer', 'https')],
    ['a NodePort', '192.0.2.1', tcp, 30_443, service('front', 'NodePort', 'https')],
    ['a NodePort over IPv6', 'fd00::192:1', tcp, 30_443, service('front', 'NodePort', 'https')],
    ['a NodePort at an external address', '203.0.113.1', tcp, 30_443, service('front', 'NodePort', 'https')],
    ["a NodePort at the pods' end", '10.1.0.1', tcp, 30_443, service('front', 'NodePort', 'https')],
    ['a NodePort at no node', '192.0.2.9', tcp, 30_443, undefined],
    ['a NodePort by another protocol', '192.0.2.1', udp, 30_443, undefined],
    ['two that share an address: one', '203.0.113.99', tcp, 1000, service('one', 'ExternalIP')],
    ['two that share an address: the other', '203.0.113.99', tcp, 2000, service('two', 'ExternalIP')],
    ['a headless one', 'None', tcp, 80, undefined],
    ['an ExternalName', '10.96.0.77', tcp, 80, undefined],
    ['what is no address', 'x:y', tcp, 80, undefined],
  ])('%s', (_, address, protocolNumber, port, expected) => {
    const found = index.resolveService(address, protocolNumber, port, at(1));
    expect(found).toEqual(expected);
    expect(index.resolveService(address, protocolNumber, port, at(2))).toBe(found);
  });

  test.each<[string, string, number, number | undefined, object]>([
    [
      'with its port',
      '10.96.0.10',
      tcp,
      80,
      { kind: 'service', serviceName: 'cart', namespaceName: 'shop', clusterName: 'blue', workloadName: undefined },
    ],
    ['with a port that it has not', '10.96.0.10', tcp, 9999, { kind: 'service', serviceName: 'cart' }],
    ['without a port', '10.96.0.10', 1, undefined, { kind: 'service', serviceName: 'cart' }],
    ['a shared address with a port', '203.0.113.99', tcp, 2000, { kind: 'service', serviceName: 'two' }],
    ['a shared address without', '203.0.113.99', tcp, 3000, { kind: 'service', serviceName: undefined }],
    ['a NodePort', '192.0.2.1', tcp, 30_443, { kind: 'service', serviceName: 'front' }],
    ['an unused address of the cluster', '10.96.0.200', tcp, 80, { kind: 'unknown', clusterName: 'blue' }],
  ])('the end: %s', (_, address, protocolNumber, port, expected) => {
    const end = index.resolveEnd(address, protocolNumber, port, at(1));
    expect(end).toMatchObject(expected);
    expect(index.resolveEnd(address, protocolNumber, port, at(2))).toBe(end);
  });

  test('all ports of a Service are one end', () => {
    const ends = [80, 81, 9].map((port) => index.resolveEnd('10.96.0.10', tcp, port, at(1)));
    expect(new Set(ends).size).toBe(1);
  });

  test('a name stays the same object through changes that it does not say', () => {
    const changing = new NameIndex();
    changing.apply('Service', 'ADDED', serviceObject('a', { clusterIPs: ['10.96.0.1'] }), at(0));
    const before = changing.resolveService('10.96.0.1', tcp, 80, at(0));
    const more = serviceObject('a', {
      clusterIPs: ['10.96.0.1'],
      externalIPs: ['203.0.113.1'],
      ports: [{ port: 9 }, { name: 'http', port: 80 }],
    });
    changing.apply('Service', 'MODIFIED', more, at(1));
    expect(changing.resolveService('10.96.0.1', tcp, 80, at(2))).toBe(before);
    expect(changing.resolveService('203.0.113.1', tcp, 80, at(2))?.via).toBe('ExternalIP');
    changing.apply(
      'Service',
      'MODIFIED',
      serviceObject('a', { clusterIPs: ['10.96.0.1'], ports: [{ name: 'web', port: 80 }] }),
      at(60),
    );
    expect(changing.resolveService('10.96.0.1', tcp, 80, at(120))).not.toBe(before);
    expect(changing.resolveService('10.96.0.1', tcp, 80, at(120))?.portName).toBe('web');
    expect(changing.resolveService('10.96.0.1', tcp, 80, at(30))).toBe(before);
  });

  test("an address that is given to another Service is each one's at its own time", () => {
    const reused = new NameIndex();
    const a = serviceObject('a', { clusterIPs: ['10.96.0.1'], creationTimestamp: '2026-11-01T00:00:00Z' });
    reused.apply('Service', 'ADDED', a, at(-60));
    reused.apply('Service', 'DELETED', a, at(0));
    reused.apply(
      'Service',
      'ADDED',
      serviceObject('b', { clusterIPs: ['10.96.0.1'], creationTimestamp: '2026-11-21T12:00:01Z' }),
      at(2),
    );
    const told = [-3600, -1, 1, 60].map(
      (seconds) => reused.resolveService('10.96.0.1', tcp, 80, at(seconds))?.serviceName,
    );
    expect(told).toEqual(['a', 'a', 'b', 'b']);
    expect(reused.resolveEnd('10.96.0.1', tcp, 80, at(-1)).serviceName).toBe('a');
    expect(reused.resolveEnd('10.96.0.1', tcp, 80, at(60)).serviceName).toBe('b');
  });
});

describe('Services by backend', () => {
  const http = { name: 'http', port: 8080, protocol: 'TCP' };

  function find(
    index: NameIndex,
    address: string,
    port: number,
    seconds = 1,
    protocolNumber: number = tcp,
  ): string | undefined {
    const found = index.resolveEndpointService(address, protocolNumber, port, at(seconds));
    expect(found?.via ?? 'Endpoint').toBe('Endpoint');
    return found && `${found.namespaceName}/${found.serviceName}:${found.portName}`;
  }

  test.each<[string, Parameters<typeof sliceObject>[1][], string, number, string | undefined]>([
    ['the only one', [{ service: 'a', addresses: ['10.1.0.5'] }], '10.1.0.5', 8080, 'shop/a:http'],
    ['written otherwise', [{ service: 'a', addresses: ['FD00::05'] }], 'fd00:0::5', 8080, 'shop/a:http'],
    ['another port', [{ service: 'a', addresses: ['10.1.0.5'] }], '10.1.0.5', 8081, undefined],
    ['another address', [{ service: 'a', addresses: ['10.1.0.5'] }], '10.1.0.6', 8080, undefined],
    [
      'two Services',
      [
        { service: 'a', addresses: ['10.1.0.5'] },
        { service: 'b', addresses: ['10.1.0.5'] },
      ],
      '10.1.0.5',
      8080,
      undefined,
    ],
    [
      'two Services with ports of their own',
      [
        { service: 'a', addresses: ['10.1.0.5'] },
        { service: 'b', addresses: ['10.1.0.5'], ports: [{ port: 9 }] },
      ],
      '10.1.0.5',
      9,
      'shop/b:undefined',
    ],
    [
      'two slices of one Service',
      [
        { service: 'a', addresses: ['10.1.0.5'] },
        { service: 'a', addresses: ['10.1.0.5'] },
      ],
      '10.1.0.5',
      8080,
      'shop/a:http',
    ],
    [
      'Services of one name in two namespaces',
      [
        { service: 'a', addresses: ['10.1.0.5'] },
        { service: 'a', namespace: 'other', addresses: ['10.1.0.5'] },
      ],
      '10.1.0.5',
      8080,
      undefined,
    ],
    ['a slice of no Service', [{ addresses: ['10.1.0.5'] }], '10.1.0.5', 8080, undefined],
    [
      'all ports',
      [{ service: 'a', addresses: ['10.1.0.5'], ports: [{ name: 'any', port: null }] }],
      '10.1.0.5',
      7,
      'shop/a:any',
    ],
    ['no ports', [{ service: 'a', addresses: ['10.1.0.5'], ports: [] }], '10.1.0.5', 7, undefined],
    [
      'one port under two names',
      [{ service: 'a', addresses: ['10.1.0.5'], ports: [http, { ...http, name: 'x' }] }],
      '10.1.0.5',
      8080,
      'shop/a:http',
    ],
  ])('%s', (_, slices, address, port, expected) => {
    const index = new NameIndex();
    slices.forEach((options, i) => index.apply('EndpointSlice', 'ADDED', sliceObject(`s${i}`, options), at(0)));
    expect(find(index, address, port)).toBe(expected);
    expect(index.resolveEndpointService(address, tcp, undefined, at(1))).toBeUndefined();
  });

  test('a slice of names of other kind claims nothing', () => {
    const index = new NameIndex();
    const slice = { ...sliceObject('s', { service: 'a', addresses: ['example.com'] }), addressType: 'FQDN' };
    index.apply('EndpointSlice', 'ADDED', slice, at(0));
    expect(index.counters().unusableObjects.EndpointSlice).toBe(0);
  });

  test('backends come and go, and late records find them', () => {
    const index = new NameIndex();
    const set = (seconds: number, ...addresses: string[]): void =>
      index.apply('EndpointSlice', 'MODIFIED', sliceObject('s', { service: 'a', addresses }), at(seconds));
    set(0, '10.1.0.5', '10.1.0.6');
    const named = index.resolveEndpointService('10.1.0.6', tcp, 8080, at(0));
    set(60, '10.1.0.6');
    set(61, '10.1.0.6', '10.1.0.7');
    expect([find(index, '10.1.0.5', 8080, 59), find(index, '10.1.0.5', 8080, 90)]).toEqual(['shop/a:http', undefined]);
    expect([find(index, '10.1.0.7', 8080, 30), find(index, '10.1.0.7', 8080, 60)]).toEqual([undefined, 'shop/a:http']);
    expect(index.resolveEndpointService('10.1.0.6', tcp, 8080, at(100))).toBe(named);
    index.apply('EndpointSlice', 'ADDED', sliceObject('t', { service: 'b', addresses: ['10.1.0.5'] }), at(70));
    expect([find(index, '10.1.0.5', 8080, 59), find(index, '10.1.0.5', 8080, 90)]).toEqual([
      'shop/a:http',
      'shop/b:http',
    ]);
  });
});

describe('addresses of nodes and of nobody', () => {
  test.each<[string, string, object]>([
    ['an internal address', '192.0.2.1', { kind: 'node', nodeName: 'n1', zone: 'west-1', address: '192.0.2.1' }],
    ['an external address', '203.0.113.1', { kind: 'node', nodeName: 'n1' }],
    ["its end of its pods' network", '10.1.0.1', { kind: 'node', nodeName: 'n1' }],
    ['and over IPv6', 'fd00:1::1', { kind: 'node', nodeName: 'n1' }],
    ['a pod has it', '10.2.0.1', { kind: 'pod', podName: 'a' }],
    ['an address of a pod network', '10.1.0.77', { kind: 'unknown' }],
    ['an address of a pod network over IPv6', 'fd00:1::77', { kind: 'unknown' }],
    ['an address of the cluster', '10.96.3.3', { kind: 'unknown' }],
    ['outside', '198.51.100.7', { kind: 'external', clusterName: undefined, place: { cityName: 'Oslo' } }],
    ['outside, IPv4-mapped', '::ffff:198.51.100.7', { kind: 'external', address: '198.51.100.7' }],
    ['no address at all', 'nonsense', { kind: 'external', place: undefined }],
  ])('%s', (_, address, expected) => {
    const place = { cityName: 'Oslo' } as never;
    const index = new NameIndex({
      clusterName: 'blue',
      clusterCidrs: ['10.96.0.0/12'],
      describeExternal: () => ({ place, autonomousSystem: undefined }),
    });
    const n1 = {
      zone: 'west-1',
      internalIPs: ['192.0.2.1'],
      externalIPs: ['203.0.113.1'],
      podCIDRs: ['10.1.0.0/24', 'FD00:1::/64'],
    };
    index.apply('Node', 'ADDED', nodeObject('n1', n1), at(0));
    index.apply('Node', 'ADDED', nodeObject('n2', { podCIDRs: ['10.2.0.0/24'] }), at(0));
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.2.0.1'] }), at(0));
    expect(index.resolveEnd(address, tcp, 40_000, at(1))).toMatchObject(expected);
  });

  test("a node's addresses end with it, and its blocks", () => {
    const index = new NameIndex();
    const node = nodeObject('n1', { internalIPs: ['192.0.2.1'], podCIDRs: ['10.1.0.0/24'] });
    index.apply('Node', 'ADDED', node, at(0));
    const kinds = (seconds: number): string[] =>
      ['192.0.2.1', '10.1.0.1', '10.1.0.7'].map((each) => index.resolveEnd(each, tcp, 1, at(seconds)).kind);
    expect(kinds(1)).toEqual(['node', 'node', 'unknown']);
    index.apply('Node', 'DELETED', node, at(60));
    expect(kinds(50)).toEqual(['node', 'node', 'external']);
    expect(kinds(120)).toEqual(['external', 'external', 'external']);
    index.apply('Node', 'ADDED', nodeObject('n2', { internalIPs: ['192.0.2.1'] }), at(130));
    expect([50, 140].map((seconds) => index.resolveEnd('192.0.2.1', tcp, 1, at(seconds)).nodeName)).toEqual([
      'n1',
      'n2',
    ]);
  });

  test('a block that a node names twice ends with it too', () => {
    const index = new NameIndex();
    const set = (...podCIDRs: string[]): void => index.apply('Node', 'MODIFIED', nodeObject('n1', { podCIDRs }), at(0));
    const kind = (): string => index.resolveEnd('10.1.0.7', tcp, 1, at(0)).kind;
    set('10.1.0.0/24', '10.1.0.0/24');
    set('10.1.0.0/24');
    expect(kind()).toBe('unknown');
    set('10.2.0.0/24');
    expect(kind()).toBe('external');
  });

  test('an address outside is described once, and is one object while it is in use', () => {
    const asked: string[] = [];
    const describeExternal = (address: string) => {
      asked.push(address);
      return { place: undefined, autonomousSystem: { number: asked.length, organizationName: undefined } };
    };
    const index = new NameIndex({ describeExternal, maxStrangers: 100, clusterCidrs: ['10.0.0.0/8'] });
    const first = index.resolveEnd('198.51.100.7', tcp, 443, at(0));
    expect(first.autonomousSystem).toEqual({ number: 1, organizationName: undefined });
    for (let i = 0; i < 1_000; i++) {
      index.resolveEnd(`203.0.${i >> 8}.${i & 255}`, tcp, 443, at(0));
      expect(index.resolveEnd('198.51.100.7', tcp, 443, at(0))).toBe(first);
    }
    expect(asked).toHaveLength(1_001);
    index.resolveEnd('10.0.0.9', tcp, 443, at(0));
    index.apply('Node', 'ADDED', nodeObject('n1', { podCIDRs: ['198.18.0.0/24'] }), at(0));
    expect(index.resolveEnd('198.51.100.7', tcp, 443, at(0))).toBe(first);
    expect(asked).toHaveLength(1_001);
    index.apply('Node', 'ADDED', nodeObject('n2', { podCIDRs: ['198.51.100.0/24'] }), at(0));
    expect(index.resolveEnd('198.51.100.7', tcp, 443, at(0)).kind).toBe('unknown');
  });
});
