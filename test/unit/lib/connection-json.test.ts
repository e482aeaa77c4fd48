import { describe, expect, test } from '@jest/globals';
import { encodeConnectionJson } from '../../../src/lib/connection-json.ts';
import { CONNECTION_ATTRIBUTES } from '../../../src/model/connection-attributes.ts';
import { FLOW_ATTRIBUTES } from '../../../src/model/flow-attributes.ts';
import { CONNECTION_CASES } from '../../support/connection-cases.ts';
import { createSampleConnection, REFUSED } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createService } from '../../support/sample-ends.ts';

function toObject(connection: Parameters<typeof encodeConnectionJson>[0]): Record<string, unknown> {
  return JSON.parse(encodeConnectionJson(connection)) as Record<string, unknown>;
}

describe('the JSON of a connection', () => {
  test('tells both ends, the Service, the translation and the counters of both perspectives', () => {
    const connection = createSampleConnection({
      service: createService('cart'),
      dialledAddress: '10.96.0.12',
      dialledPort: 80,
      translatedSourceAddress: '192.168.7.1',
      translatedSourcePort: 40_000,
      serverRecord: { packets: 9 },
    });
    const { source, destination } = connection;
    expect(toObject(connection)).toEqual({
      time_unix_nano: 1_795_258_810_000_000_000,
      trace_id: Buffer.from(connection.joinId.slice(2), 'base64').subarray(0, 16).toString('hex'),
      'flow.event': 'update',
      'flow.start': 1_795_258_801_024_000_000,
      'flow.end': 1_795_258_808_192_000_000,
      'flow.perspectives': 'both',
      'flow.community_id': connection.communityId,
      'flow.initiator': 'syn',
      'source.address': '10.244.1.7',
      'source.port': 51_034,
      'source.kind': 'pod',
      'source.k8s.cluster.name': 'prod-eu',
      'source.k8s.namespace.name': 'shop',
      'source.k8s.workload.kind': 'Deployment',
      'source.k8s.workload.name': 'web',
      'source.k8s.pod.name': source.podName,
      'source.k8s.pod.uid': source.podUid,
      'source.k8s.container.name': 'web',
      'source.k8s.node.name': source.nodeName,
      'source.zone': source.zone,
      'destination.address': '10.244.2.9',
      'destination.port': 8080,
      'destination.kind': 'pod',
      'destination.k8s.cluster.name': 'prod-eu',
      'destination.k8s.namespace.name': 'shop',
      'destination.k8s.workload.kind': 'Deployment',
      'destination.k8s.workload.name': 'cart',
      'destination.k8s.pod.name': destination.podName,
      'destination.k8s.pod.uid': destination.podUid,
      'destination.k8s.container.name': 'cart',
      'destination.k8s.node.name': destination.nodeName,
      'destination.k8s.service.name': 'cart',
      'destination.k8s.service.namespace.name': 'shop',
      'destination.k8s.service.port.name': 'http',
      'destination.k8s.service.via': 'ClusterIP',
      'destination.zone': destination.zone,
      'flow.nat.original.destination.address': '10.96.0.12',
      'flow.nat.original.destination.port': 80,
      'flow.nat.source.address': '192.168.7.1',
      'flow.nat.source.port': 40_000,
      'flow.nat.state': 'translated',
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'network.protocol.number': 6,
      'network.connection.state': 'established',
      'flow.bytes.delta': 1_415,
      'flow.packets.delta': 10,
      'flow.reverse.bytes.delta': 6_343,
      'flow.reverse.packets.delta': 11,
      'flow.connections': 0,
      'flow.lost.packets.delta': 1,
      'flow.lost.bytes.delta': 0,
      'flow.reverse.lost.packets.delta': 0,
      'flow.reverse.lost.bytes.delta': 0,
      'flow.server.bytes.delta': 1_415,
      'flow.server.packets.delta': 9,
      'flow.server.reverse.bytes.delta': 6_343,
      'flow.server.reverse.packets.delta': 11,
      'flow.tcp.flags.bits': 0x1a,
      'flow.reverse.tcp.flags.bits': 0x1a,
      'flow.tcp.retransmits.delta': 1,
      'flow.reverse.tcp.retransmits.delta': 0,
      'flow.tcp.rndtrip.latency': 212_000,
      'flow.verdict': 'forwarded',
      'flow.sampling.rate': 1,
    });
  });

  test('tells why it was refused, and where an external end is', () => {
    const told = toObject(createSampleConnection({ destination: createExternalEnd('203.0.113.9'), record: REFUSED }));
    expect(told).toMatchObject({
      'flow.verdict': 'rejected',
      'flow.drop.reason': 'connection_refused',
      'flow.drop.packets.delta': 1,
      'destination.kind': 'external',
      'destination.geo.country.iso_code': 'DE',
      'destination.geo.locality.name': 'Frankfurt am Main',
      'destination.as.number': 64_500,
      'destination.as.organization.name': 'Example Transit',
    });
    expect(told).not.toHaveProperty(['destination.k8s.service.name']);
  });

  test('tells what others and the policies say of a drop', () => {
    const told = toObject(CONNECTION_CASES['denied by a policy, and dropped by netfilter']!);
    expect(told).toMatchObject({
      'flow.tcp.syn.retries': 2,
      'flow.verdict': 'dropped',
      'flow.drop.reason': 'netfilter_drop',
      'flow.drop.place': 'to_server',
      'flow.drop.detail': 'NETFILTER_DROP',
      'flow.evidence': 'kernel',
      'flow.policy.verdict': 'denied',
      'flow.policy.direction': 'ingress',
      'flow.policy.cause': 'no_rule_for_peer',
      'flow.policy.namespace': 'shop',
      'flow.policy.name': 'access-nginx',
      'flow.policy.why': expect.stringContaining('no rule of it names a peer'),
      'flow.finding': 'denied',
    });
    const allowed = toObject(CONNECTION_CASES['dropped though the policies allow it']!);
    expect(allowed).toMatchObject({ 'flow.policy.verdict': 'allowed', 'flow.finding': 'unexplained' });
    expect(Object.keys(allowed).filter((name) => name.startsWith('flow.policy.'))).toHaveLength(1);
  });

  test('tells evidence alone by all of its sources, and the word for the reason that stands', () => {
    expect(toObject(CONNECTION_CASES['told by evidence alone, of two sources']!)).toMatchObject({
      'flow.perspectives': 'none',
      'flow.packets.delta': 0,
      'flow.evidence': 'kernel,network_policy_agent',
      'flow.drop.reason': 'policy_agent_deny',
      'flow.drop.detail': 'TIER',
      'flow.policy.cause': 'host_network',
    });
  });

  test('tells the symptoms that either observer saw', () => {
    expect(toObject(CONNECTION_CASES['with packets that were too big, and other troubles']!)).toMatchObject({
      'flow.icmp.mtu': 1_400,
      'flow.symptoms': 'retransmission_burst,zero_window,packet_too_big',
    });
  });

  test('names a Service whose backend is not known', () => {
    const destination = createEnd('10.96.0.9', { kind: 'service', namespaceName: 'bank', serviceName: 'ledger' });
    expect(toObject(createSampleConnection({ destination }))).toMatchObject({
      'destination.kind': 'service',
      'destination.k8s.service.name': 'ledger',
      'destination.k8s.service.namespace.name': 'bank',
    });
  });

  test('has no trace id where there is no Community ID, and every digit of a time', () => {
    const text = encodeConnectionJson(
      createSampleConnection({ joinId: '', record: { endNs: 1_795_258_808_192_000_256 } }),
    );
    expect(text).not.toContain('trace_id');
    expect(text).toContain('"flow.end":1795258808192000256,');
  });

  test('escapes texts', () => {
    const source = createEnd('10.1.1.1', { podName: 'a"\n\\' });
    expect(toObject(createSampleConnection({ source }))['source.k8s.pod.name']).toBe('a"\n\\');
  });
});

describe('the attributes of a connection', () => {
  test('stand once each, with the names of flow attributes where these have the same', () => {
    const names = CONNECTION_ATTRIBUTES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const ofFlows = new Map(FLOW_ATTRIBUTES.map(({ name, type }) => [name, type]));
    const shared = CONNECTION_ATTRIBUTES.filter(({ name }) => ofFlows.has(name));
    expect(shared.length).toBeGreaterThan(35);
    expect(shared.filter(({ name, type }) => ofFlows.get(name) !== type)).toEqual([]);
  });

  test('leave out of a flow only what one observer says of itself or what the ends say better', () => {
    const names = new Set(CONNECTION_ATTRIBUTES.map(({ name }) => name));
    expect(FLOW_ATTRIBUTES.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([
      'flow.id',
      'flow.sequence',
      'flow.direction',
      'network.interface.name',
      'flow.nat.destination.address',
      'flow.nat.destination.port',
      'flow.nat.community_id',
      'flow.nat.original.source.address',
      'flow.nat.original.source.port',
      'k8s.pod.uid',
    ]);
  });
});
