import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { toPortKey } from '../../../src/k8s/port-key.ts';
import { podObject, serviceObject, sliceObject } from '../../support/kubernetes-objects.ts';

const NOON_MS = Date.parse('2026-11-21T12:00:00Z');
const HTTP = { name: 'http', port: 80, protocol: 'TCP', targetPort: 'web', nodePort: 30_080 };
const DNS = { name: 'dns', port: 53, protocol: 'UDP' };

type Json = Record<string, unknown>;

/** A pod with ports by name. */
function podWithPorts(name: string, app: string, ip: string | undefined, ports: readonly Json[]): Json {
  const pod = podObject(name, { ips: ip === undefined ? [] : [ip], labels: { app } });
  return { ...pod, spec: { containers: [{ name: 'main', ports }] } };
}

function serviceOf(selector: object | undefined, ports: readonly Json[] = [HTTP, DNS]): Json {
  const service = serviceObject('cart', { clusterIPs: ['10.96.0.10', 'fd00:96::10'], ports });
  return { ...service, spec: { ...(service['spec'] as Json), selector } };
}

function fill(index: NameIndex): void {
  index.apply('Service', 'ADDED', serviceOf({ app: 'cart' }), NOON_MS);
  const web = { name: 'web', containerPort: 8080 };
  index.apply('Pod', 'ADDED', podWithPorts('cart-1', 'cart', '10.1.0.1', [web]), NOON_MS);
  index.apply('Pod', 'ADDED', podWithPorts('cart-2', 'cart', undefined, [{ ...web, containerPort: 9090 }]), NOON_MS);
  index.apply('Pod', 'ADDED', podWithPorts('cart-3', 'cart', '10.1.0.3', [{ ...web, protocol: 'UDP' }]), NOON_MS);
  index.apply('Pod', 'ADDED', podWithPorts('other', 'other', '10.1.0.4', [web]), NOON_MS);
}

describe('a pod by its name', () => {
  test('is the end that its address is', () => {
    const index = new NameIndex();
    const pod = podObject('a', { ips: ['10.1.0.5', 'fd00::5'] });
    index.apply('Pod', 'ADDED', pod, NOON_MS);
    const found = index.findPod('shop', 'a');
    expect(found).toMatchObject({ addresses: ['10.1.0.5', 'fd00::5'], hasFinished: false });
    expect(found?.end).toBe(index.resolveEnd('10.1.0.5', 6, 80, NOON_MS));
    expect([index.findPod('bank', 'a'), index.findPod('shop', 'b')]).toEqual([undefined, undefined]);
    expect(index.listPods()).toEqual([found]);
    index.apply('Pod', 'DELETED', pod, NOON_MS + 1);
    expect(index.findPod('shop', 'a')).toBeUndefined();
  });

  test('has no address before it was given one, nor after it has finished', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('new', { labels: { app: 'x' }, phase: 'Pending' }), NOON_MS);
    index.apply('Pod', 'ADDED', podObject('done', { ips: ['10.1.0.5'], phase: 'Succeeded' }), NOON_MS);
    expect(index.findPod('shop', 'new')).toMatchObject({
      end: { kind: 'pod', address: '', podName: 'new', labels: { app: 'x' } },
      addresses: [],
      hasFinished: false,
    });
    expect(index.findPod('shop', 'done')).toMatchObject({ end: { address: '' }, addresses: [], hasFinished: true });
  });

  test('of the host network is named by the address of its node', () => {
    const index = new NameIndex();
    const host = { node: 'n1', hostNetwork: true, ips: ['192.0.2.1'] };
    for (const name of ['a', 'b']) index.apply('Pod', 'ADDED', podObject(name, host), NOON_MS);
    expect(index.findPod('shop', 'b')).toMatchObject({
      end: { kind: 'pod', podName: 'b', address: '192.0.2.1', isHostNetwork: true },
      addresses: ['192.0.2.1'],
    });
  });

  test('whose address another has by now is not named as that', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('a', { ips: ['10.1.0.5'] }), NOON_MS);
    index.apply('Pod', 'ADDED', podObject('b', { ips: ['10.1.0.5'] }), NOON_MS + 5_000);
    expect(index.findPod('shop', 'a')?.end.podName).toBe('a');
  });

  test('of two of a name is the one that has not finished', () => {
    const index = new NameIndex();
    index.apply('Pod', 'ADDED', podObject('a', { uid: 'old', phase: 'Failed' }), NOON_MS);
    index.apply('Pod', 'ADDED', podObject('a', { uid: 'new' }), NOON_MS);
    expect(index.findPod('shop', 'a')?.end.podUid).toBe('new');
  });
});

describe('a Service by its name', () => {
  test('tells its addresses, ports and what it selects', () => {
    const index = new NameIndex();
    fill(index);
    expect(index.findService('shop', 'cart')).toEqual({
      namespaceName: 'shop',
      serviceName: 'cart',
      addresses: ['10.96.0.10', 'fd00:96::10'],
      ports: [
        { name: 'http', protocolNumber: 6, port: 80, targetPort: 'web', nodePort: 30_080 },
        { name: 'dns', protocolNumber: 17, port: 53, targetPort: 53, nodePort: undefined },
      ],
      selector: { app: 'cart' },
      externalName: undefined,
    });
    expect(index.findService('bank', 'cart')).toBeUndefined();
    index.apply('Service', 'MODIFIED', serviceOf(undefined, [{ port: 81, targetPort: 8181 }]), NOON_MS + 1);
    expect(index.findService('shop', 'cart')).toMatchObject({ ports: [{ port: 81, targetPort: 8181 }] });
    expect(index.listServices().map(({ serviceName }) => serviceName)).toEqual(['cart']);
    index.apply('Service', 'DELETED', serviceOf(undefined), NOON_MS + 2);
    expect([index.findService('shop', 'cart'), index.listServices()]).toEqual([undefined, []]);
  });

  test('of which only slices are known is none', () => {
    const index = new NameIndex();
    index.apply('EndpointSlice', 'ADDED', sliceObject('e', { service: 'cart', addresses: ['10.1.0.1'] }), NOON_MS);
    expect([index.findService('shop', 'cart'), index.listServices()]).toEqual([undefined, []]);
  });

  test('that is an alias leads to a DNS name', () => {
    const index = new NameIndex();
    const spec = { type: 'ExternalName', externalName: 'db.example.com', ports: [{ port: 80 }], selector: { a: 'b' } };
    index.apply('Service', 'ADDED', { metadata: { name: 'db', namespace: 'shop' }, spec }, NOON_MS);
    expect(index.findService('shop', 'db')).toMatchObject({
      externalName: 'db.example.com',
      addresses: [],
      ports: [],
      selector: undefined,
    });
    expect(index.serviceBackends('shop', 'db')).toEqual([]);
  });
});

describe('where a Service leads to', () => {
  const toTexts = (index: NameIndex, port?: number | string): string[] =>
    index
      .serviceBackends('shop', 'cart', port)
      .map((each) => `${each.end.podName} ${each.portName} ${each.protocolNumber}/${each.port} ${each.isReady}`);
  const slice = (name: string, endpoints: readonly Json[], ports: readonly Json[]): object => ({
    ...sliceObject(name, { service: 'cart', ports }),
    endpoints,
  });
  const ports = [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'dns', port: 5353, protocol: 'UDP' },
  ];
  const ready = { addresses: ['10.1.0.1'], conditions: { ready: true } };
  const unready = { addresses: ['10.1.0.3'], conditions: { ready: false, serving: true } };

  test('is told by its slices, ready or not', () => {
    const index = new NameIndex();
    fill(index);
    index.apply('EndpointSlice', 'ADDED', slice('e1', [ready, unready], ports), NOON_MS);
    const http = ['cart-1 http 6/8080 true', 'cart-3 http 6/8080 false'];
    const dns = ['cart-1 dns 17/5353 true', 'cart-3 dns 17/5353 false'];
    expect(toTexts(index)).toEqual([...http, ...dns]);
    expect(toTexts(index, 'http')).toEqual(http);
    expect(toTexts(index, toPortKey(17, 53))).toEqual(dns);
    expect([toTexts(index, 'none'), toTexts(index, toPortKey(6, 53)), toTexts(index, toPortKey(6, 8080))]).toEqual([
      [],
      [],
      [],
    ]);
    const [first] = index.serviceBackends('shop', 'cart', 'http');
    expect(first?.end).toBe(index.findPod('shop', 'cart-1')?.end);
  });

  test('counts an endpoint once, ready where any slice says so, and as ready where none says anything', () => {
    const index = new NameIndex();
    fill(index);
    const [http] = ports;
    index.apply('EndpointSlice', 'ADDED', slice('e1', [{ ...ready, conditions: { ready: false } }], [http!]), NOON_MS);
    index.apply('EndpointSlice', 'ADDED', slice('e2', [{ addresses: ['10.1.0.1'] }], [http!]), NOON_MS);
    expect(toTexts(index)).toEqual(['cart-1 http 6/8080 true']);
    index.apply('EndpointSlice', 'DELETED', slice('e2', [], []), NOON_MS + 1);
    expect(toTexts(index)).toEqual(['cart-1 http 6/8080 false']);
    index.apply('EndpointSlice', 'MODIFIED', slice('e1', [], [http!]), NOON_MS + 2);
    expect(toTexts(index)).toEqual([]);
  });

  test('is another Service when a slice says so', () => {
    const index = new NameIndex();
    fill(index);
    index.apply('EndpointSlice', 'ADDED', slice('e1', [ready], ports), NOON_MS);
    index.apply('EndpointSlice', 'MODIFIED', sliceObject('e1', { service: 'b', addresses: ['10.1.0.1'] }), NOON_MS + 1);
    expect(index.serviceBackends('shop', 'b').map(({ end, port }) => [end.podName, port])).toEqual([['cart-1', 8080]]);
    // None of its own is left: by its selector.
    expect(toTexts(index, 'http')).toEqual(['cart-1 http 6/8080 true', 'cart-2 http 6/9090 true']);
  });

  test('without a port number leads to the port that is dialled', () => {
    const index = new NameIndex();
    fill(index);
    index.apply('EndpointSlice', 'ADDED', slice('e1', [ready], [{ name: 'http', protocol: 'TCP' }]), NOON_MS);
    expect(toTexts(index)).toEqual(['cart-1 http 6/80 true']);
  });

  test('is told by its selector and the named ports of pods where no slice is known', () => {
    const index = new NameIndex();
    fill(index);
    // cart-3 has the name at another protocol only.
    const http = ['cart-1 http 6/8080 true', 'cart-2 http 6/9090 true'];
    expect(toTexts(index, 'http')).toEqual(http);
    expect(toTexts(index, toPortKey(6, 80))).toEqual(http);
    expect(toTexts(index, 'dns')).toEqual(['cart-1', 'cart-2', 'cart-3'].map((name) => `${name} dns 17/53 true`));
    index.apply('Pod', 'MODIFIED', podObject('cart-1', { labels: { app: 'cart' }, phase: 'Failed' }), NOON_MS + 1);
    expect(toTexts(index, 'http')).toEqual(['cart-2 http 6/9090 true']);
  });

  test('is nowhere without a selector, and of a Service that nobody told of', () => {
    const index = new NameIndex();
    fill(index);
    index.apply('Service', 'MODIFIED', serviceOf({}), NOON_MS + 1);
    expect([toTexts(index), index.serviceBackends('shop', 'none')]).toEqual([[], []]);
  });
});
