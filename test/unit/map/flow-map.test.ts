import { describe, expect, test } from '@jest/globals';
import { FlowMap, type FlowMapOptions } from '../../../src/map/flow-map.ts';
import type { Connection } from '../../../src/model/connection.ts';
import type { MapEdge, MapSnapshot } from '../../../src/model/map-snapshot.ts';
import { createSampleConnection, SAMPLE_INTERVAL_MS, UNANSWERED } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';

const INTERVAL_MS = 10_000;

/** A map whose clock stands where it is put. */
function createMap(options: FlowMapOptions = {}) {
  const clock = { nowMs: SAMPLE_INTERVAL_MS + INTERVAL_MS };
  return { clock, map: new FlowMap({ nowMs: () => clock.nowMs, ...options }) };
}

function mapOf(...connections: Connection[]): FlowMap {
  const { map } = createMap();
  map.accept(connections);
  return map;
}

function onlyEdge({ edges }: MapSnapshot): MapEdge {
  expect(edges).toHaveLength(1);
  return edges[0]!;
}

const WEB = createPodEnd('10.244.1.7', 'web', 7);
const CART = createPodEnd('10.244.2.9', 'cart', 9);

describe('an edge', () => {
  test('tells what its connections say', () => {
    const service = createService('cart');
    const map = mapOf(
      createSampleConnection({ service, flowsBegun: 2, serverRecord: { packets: 8, reversePackets: 12 } }),
      createSampleConnection({ destinationPort: 443, flowsBegun: 1, record: { rttNs: 412_000 } }),
    );
    expect(onlyEdge(map.snapshot({ level: 'workload' }))).toEqual({
      source: 'workload/shop/Deployment/web',
      destination: 'workload/shop/Deployment/cart',
      transport: 'tcp',
      destinationPorts: [443, 8080],
      hasMorePorts: false,
      services: [{ namespaceName: 'shop', serviceName: 'cart' }],
      hasMoreServices: false,
      bytes: 2 * 1_415,
      packets: 20,
      reverseBytes: 2 * 6_343,
      reversePackets: 22,
      connections: 3,
      failures: {},
      droppedPackets: 0,
      verdicts: { forwarded: 2, dropped: 0, rejected: 0, unknown: 0 },
      findings: { denied: 0, unexplained: 0, unexpectedly_allowed: 0 },
      retransmits: 2,
      reverseRetransmits: 0,
      lostPackets: 2,
      reverseLostPackets: 1,
      roundTripNs: 312_000,
      firstSeenMs: SAMPLE_INTERVAL_MS + 1_024,
      lastSeenMs: SAMPLE_INTERVAL_MS + 8_192,
    });
  });

  test('leaves out what its connections do not tell', () => {
    const udp = { transport: 'udp', protocolNumber: 17, retransmits: undefined, rttNs: undefined };
    const edge = onlyEdge(mapOf(createSampleConnection({ record: udp })).snapshot({ level: 'pod' }));
    expect(edge.transport).toBe('udp');
    for (const name of ['retransmits', 'reverseRetransmits', 'lostPackets', 'reverseLostPackets', 'roundTripNs']) {
      expect(edge).toHaveProperty(name, undefined);
    }
  });

  test('counts a connection that fails over several intervals once, with its reason', () => {
    const first = createSampleConnection({ record: { ...UNANSWERED, sequence: 0 } });
    const again = { ...UNANSWERED, sequence: 1, event: 'update' } as const;
    const { map } = createMap();
    map.accept([first]);
    map.accept([createSampleConnection({ intervalStartMs: SAMPLE_INTERVAL_MS + INTERVAL_MS, record: again })]);
    const edge = onlyEdge(map.snapshot({ level: 'workload' }));
    expect([edge.failures, edge.verdicts.dropped, edge.droppedPackets]).toEqual([{ syn_unanswered: 1 }, 2, 6]);
  });

  test('keeps the ports and Services used last, and says that there were more', () => {
    const { map, clock } = createMap();
    for (let port = 1; port <= 40; port++) {
      const service = createService(`s-${port}`);
      const intervalStartMs = SAMPLE_INTERVAL_MS + (port > 30 ? INTERVAL_MS : 0);
      map.accept([createSampleConnection({ destinationPort: port, service, intervalStartMs })]);
    }
    const { destinationPorts, hasMorePorts, services, hasMoreServices } = onlyEdge(map.snapshot({ level: 'pod' }));
    expect(destinationPorts).toHaveLength(16);
    expect(destinationPorts).toEqual(expect.arrayContaining([31, 32, 33, 34, 35, 36, 37, 38, 39, 40]));
    expect([hasMorePorts, services.length, hasMoreServices]).toEqual([true, 8, true]);
    clock.nowMs += 6 * INTERVAL_MS;
    const later = onlyEdge(map.snapshot({ level: 'pod', windowMs: 6 * INTERVAL_MS }));
    expect([later.destinationPorts, later.hasMorePorts]).toEqual([[31, 32, 33, 34, 35, 36, 37, 38, 39, 40], false]);
  });

  test('of one Service told by two objects names it once', () => {
    const map = mapOf(
      createSampleConnection({ service: createService('cart', { portName: 'a' }) }),
      createSampleConnection({ service: createService('cart', { portName: 'b' }) }),
    );
    expect(onlyEdge(map.snapshot({ level: 'pod' })).services).toEqual([{ namespaceName: 'shop', serviceName: 'cart' }]);
  });
});

describe('a node', () => {
  test('of the pod level tells all of the pod', () => {
    const { nodes } = mapOf(createSampleConnection()).snapshot({ level: 'pod' });
    expect(nodes.map(({ id }) => id)).toEqual([`pod/shop/${CART.podName}`, `pod/shop/${WEB.podName}`]);
    expect(nodes[1]).toEqual({
      id: `pod/shop/${WEB.podName}`,
      kind: 'pod',
      clusterName: 'prod-eu',
      namespaceName: 'shop',
      workloadKind: 'Deployment',
      workloadName: 'web',
      serviceName: undefined,
      podName: WEB.podName,
      nodeName: WEB.nodeName,
      zone: WEB.zone,
      address: '10.244.1.7',
      labels: WEB.labels,
    });
  });

  test('of the workload level tells only what is true of all its pods', () => {
    const { nodes } = mapOf(createSampleConnection()).snapshot({ level: 'workload' });
    expect(JSON.parse(JSON.stringify(nodes[1]))).toEqual({
      id: 'workload/shop/Deployment/web',
      kind: 'workload',
      clusterName: 'prod-eu',
      namespaceName: 'shop',
      workloadKind: 'Deployment',
      workloadName: 'web',
    });
  });

  test('stays the same while what is known of it changes', () => {
    const relabelled = { ...WEB, labels: { app: 'web', canary: 'true' } };
    const map = mapOf(createSampleConnection(), createSampleConnection({ source: relabelled }));
    const { nodes, edges } = map.snapshot({ level: 'pod' });
    expect([nodes.length, edges.length]).toEqual([2, 1]);
    expect(nodes[1]?.labels).toEqual({ app: 'web', canary: 'true' });
  });

  test.each([
    [createExternalEnd('203.0.113.1'), 'external/203.0.113.1', 'external'],
    [createEnd('10.9.9.9'), 'unknown/10.9.9.9', 'unknown'],
    [createEnd('192.168.7.2', { kind: 'node', nodeName: 'node-2' }), 'node/node-2', 'node'],
    [createEnd('192.168.7.2', { kind: 'ambiguous', nodeName: 'node-2' }), 'ambiguous/192.168.7.2', 'ambiguous'],
    [
      createEnd('10.96.0.1', { kind: 'service', namespaceName: 'shop', serviceName: 'pay' }),
      'service/shop/pay',
      'service/shop/pay',
    ],
    [createPodEnd('10.1.1.1', 'x', 1, { podName: 'x', workloadKind: 'Pod' }), 'pod/shop/x', 'workload/shop/Pod/x'],
  ])('%#: is called by what it is', (destination, podId, workloadId) => {
    const map = mapOf(createSampleConnection({ destination }));
    expect(onlyEdge(map.snapshot({ level: 'pod' })).destination).toBe(podId);
    expect(onlyEdge(map.snapshot({ level: 'workload' })).destination).toBe(workloadId);
  });
});

describe('a query', () => {
  const others = [
    createSampleConnection({ record: { bytes: 5 } }),
    createSampleConnection({ destination: createExternalEnd('203.0.113.1'), record: { bytes: 90_000 } }),
    createSampleConnection({
      source: createPodEnd('10.1.1.1', 'till', 1, { namespaceName: 'bank' }),
      destination: createPodEnd('10.1.1.2', 'vault', 2, { namespaceName: 'bank' }),
      record: { bytes: 80_000 },
    }),
  ];

  test('by namespace tells the edges with an end in it, and their nodes only', () => {
    const { edges, nodes } = mapOf(...others).snapshot({ level: 'workload', namespace: 'bank' });
    expect(edges.map(({ destination }) => destination)).toEqual(['workload/bank/Deployment/vault']);
    expect(nodes.map(({ id }) => id)).toEqual(['workload/bank/Deployment/till', 'workload/bank/Deployment/vault']);
  });

  test('with a limit tells the edges with most bytes and how many it leaves out', () => {
    const { edges, nodes, omittedEdges } = mapOf(...others).snapshot({ level: 'workload', edgeLimit: 2 });
    expect(edges.map(({ bytes }) => bytes)).toEqual([80_000, 90_000]);
    expect([nodes.length, omittedEdges]).toEqual([4, 1]);
  });

  test('has the same answer in whatever order connections came', () => {
    for (const level of ['workload', 'pod'] as const) {
      const [one, other] = [mapOf(...others), mapOf(...others.toReversed())];
      expect(JSON.stringify(one.snapshot({ level }))).toBe(JSON.stringify(other.snapshot({ level })));
    }
  });
});

describe('the window', () => {
  test('slides: what is older goes, with its nodes', () => {
    const { map, clock } = createMap({ windowMs: 60_000 });
    map.accept([createSampleConnection()]);
    clock.nowMs = SAMPLE_INTERVAL_MS + 60_000;
    expect(onlyEdge(map.snapshot({ level: 'pod' })).packets).toBe(10);
    clock.nowMs += INTERVAL_MS;
    expect(map.snapshot({ level: 'pod' })).toMatchObject({ nodes: [], edges: [] });
    expect(map.counters()).toMatchObject({ parties: 0, edges: 0 });
  });

  test('may be asked for in part', () => {
    const { map, clock } = createMap();
    for (const step of [0, 1, 2, 3]) {
      map.accept([createSampleConnection({ intervalStartMs: SAMPLE_INTERVAL_MS + step * INTERVAL_MS })]);
    }
    clock.nowMs = SAMPLE_INTERVAL_MS + 4 * INTERVAL_MS;
    const snapshot = map.snapshot({ level: 'pod', windowMs: 20_000 });
    expect([snapshot.fromMs, snapshot.toMs]).toEqual([SAMPLE_INTERVAL_MS + 2 * INTERVAL_MS, clock.nowMs]);
    expect(onlyEdge(snapshot).packets).toBe(20);
    expect(onlyEdge(map.snapshot({ level: 'pod' })).packets).toBe(40);
  });

  test('counts what comes too late, and does not show it', () => {
    const { map } = createMap({ windowMs: 60_000 });
    map.accept([createSampleConnection({ intervalStartMs: SAMPLE_INTERVAL_MS - 6 * INTERVAL_MS })]);
    map.accept([createSampleConnection({ intervalStartMs: Number.NaN })]);
    expect(map.snapshot({ level: 'pod' }).edges).toEqual([]);
    expect(map.counters().lateConnections).toBe(2);
  });

  test('takes observers whose clock is ahead, by however much', () => {
    const { map, clock } = createMap({ windowMs: 60_000 });
    map.accept([createSampleConnection({ intervalStartMs: SAMPLE_INTERVAL_MS + 2 * INTERVAL_MS })]);
    map.accept([createSampleConnection({ intervalStartMs: SAMPLE_INTERVAL_MS + 3_600_000 })]);
    expect(onlyEdge(map.snapshot({ level: 'pod' })).packets).toBe(20);
    clock.nowMs += 100_000;
    expect(map.snapshot({ level: 'pod' }).edges).toEqual([]);
  });

  test('forgets what it left when the clock was set forward, also once it is set back', () => {
    const { map, clock } = createMap();
    map.accept([createSampleConnection()]);
    clock.nowMs += 86_400_000;
    expect(map.snapshot({ level: 'pod' }).edges).toEqual([]);
    clock.nowMs -= 86_400_000;
    map.accept([createSampleConnection({ destination: createExternalEnd('203.0.113.1') })]);
    const edge = onlyEdge(map.snapshot({ level: 'pod' }));
    expect([edge.destination, edge.packets]).toEqual(['external/203.0.113.1', 10]);
  });

  test('goes on when the clock is set back', () => {
    const { map, clock } = createMap();
    clock.nowMs += 86_400_000;
    map.accept([createSampleConnection({ intervalStartMs: clock.nowMs })]);
    clock.nowMs -= 86_400_000;
    map.accept([createSampleConnection()]);
    expect(onlyEdge(map.snapshot({ level: 'pod' })).packets).toBe(10);
    clock.nowMs += 400_000;
    expect(map.snapshot({ level: 'pod' }).edges).toEqual([]);
    expect(map.counters()).toMatchObject({ parties: 0, edges: 0 });
  });
});
