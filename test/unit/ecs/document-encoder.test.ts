import { describe, expect, test } from '@jest/globals';
import { BulkLines } from '../../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../../src/ecs/document/document-encoder.ts';
import type { Connection } from '../../../src/model/connection.ts';
import { validateEcsDocument } from '../../support/ecs-validator.ts';
import { encodeDocuments } from '../../support/encode-documents.ts';
import { createOddConnection } from '../../support/odd-connections.ts';
import {
  createSampleConnection,
  createSampleConnections,
  UDP_FACTS,
  UNANSWERED,
} from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';
import { createJudgement } from '../../support/sample-judgements.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function encodeOne(connection: Connection): Record<string, unknown> {
  return encodeDocuments([connection])[0] ?? {};
}

describe('any connection', () => {
  test('becomes a document that ECS and the mapping allow', () => {
    const random = seededRandom(5);
    const connections = Array.from({ length: 2_000 }, () => createOddConnection(random));
    const problems = encodeDocuments(connections, { hasRoles: true }).flatMap(validateEcsDocument);
    expect([...new Set(problems)]).toEqual([]);
  });

  test('keeps its numbers', () => {
    const random = seededRandom(6);
    const connections = Array.from({ length: 1_000 }, () => createOddConnection(random));
    const documents = encodeDocuments(connections);
    connections.forEach(({ record, perspectives, sourcePort, destinationPort, lostBytes }, index) => {
      const { source, destination, network, podflow } = documents[index] as Record<string, Record<string, unknown>>;
      expect([source?.['port'], destination?.['port']]).toEqual([sourcePort, destinationPort]);
      expect(source?.['bytes']).toBe(record.packets === 0 ? undefined : record.bytes);
      expect(destination?.['packets']).toBe(record.reversePackets === 0 ? undefined : record.reversePackets);
      const isCounted = perspectives !== 'none';
      expect(network?.['bytes']).toBe(isCounted ? record.bytes + record.reverseBytes : undefined);
      expect((podflow?.['lost'] as Record<string, unknown> | undefined)?.['bytes']).toBe(lostBytes);
    });
  });

  test('is one line of ASCII, whatever its names', () => {
    const lines = new BulkLines();
    const random = seededRandom(7);
    new DocumentEncoder().encode(
      Array.from({ length: 500 }, () => createOddConnection(random)),
      lines,
    );
    const text = lines.bytes.toString('latin1', 0, lines.byteCount);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text.split('\n')).toHaveLength(1_001);
  });
});

describe('the encoder', () => {
  test('says the same of a connection whatever it wrote before, and however little it keeps', () => {
    const random = seededRandom(8);
    const varied = Array.from({ length: 100 }, () => createOddConnection(random));
    const connections = [...createSampleConnections(100), ...varied, ...createSampleConnections(100)];
    const together = encodeDocuments(connections);
    const forgetful = encodeDocuments(connections, { cachedEnds: 1 });
    const alone = connections.map(encodeOne);
    expect(together).toEqual(alone);
    expect(forgetful).toEqual(alone);
  });

  test('appends to what the lines have already', () => {
    const lines = new BulkLines();
    const encoder = new DocumentEncoder();
    const [first, second] = createSampleConnections(2) as [Connection, Connection];
    encoder.encode([first], lines);
    encoder.encode([second], lines);
    expect(lines.documentCount).toBe(2);
    expect([0, 1].map((i) => JSON.parse(lines.sourceText(i)) as unknown)).toEqual(encodeDocuments([first, second]));
    expect(JSON.parse(lines.sourceText(1))).toHaveProperty('event.id', lines.id(1));
  });

  test('writes into the data stream that it is told', () => {
    const [document] = encodeDocuments([createSampleConnection()], { namespace: 'prod' });
    expect(document).toHaveProperty('data_stream', { type: 'logs', dataset: 'podflow.flow', namespace: 'prod' });
  });

  test('has client and server when it is asked for, and only where the initiator is known', () => {
    const known = createSampleConnection({ destination: createExternalEnd('203.0.113.80') });
    const guessed = createSampleConnection({ record: UDP_FACTS });
    const [document, other] = encodeDocuments([known, guessed], { hasRoles: true });
    expect(document).toHaveProperty('client', { ...(document?.['source'] as object), kubernetes: undefined });
    expect(document).toHaveProperty('server', document?.['destination']);
    expect(Object.keys(other ?? {})).not.toContain('client');
    expect(Object.keys(encodeOne(known))).not.toContain('client');
  });
});

describe('what is not known', () => {
  test('is left out', () => {
    const known = createSampleConnection({
      source: createEnd('10.9.9.9', { clusterName: undefined }),
      communityId: '',
      joinId: '1:PVmtYbRfnAbElkVAMY+dz/rQOSg=',
      observer: new Map(),
      record: {
        ...UDP_FACTS,
        communityId: '',
        flowId: '',
        transport: '',
        interfaceName: '',
        packets: 0,
        reversePackets: 0,
        startNs: 0,
        endNs: 0,
        natState: undefined,
      },
    });
    const nowhere = createEnd('no address', { clusterName: undefined });
    const document = encodeOne({ ...known, destination: nowhere });
    expect(JSON.stringify(document)).not.toMatch(/null|undefined|NaN|""|\{\}|\[\]/);
    expect(document).toMatchObject({
      source: { address: '10.9.9.9', ip: '10.9.9.9', port: 51_034 },
      destination: { address: 'no address', port: 8080 },
      related: { ip: ['10.9.9.9'] },
    });
    expect(document).not.toHaveProperty('destination.ip');
  });

  test.each([
    ['the last packet', { startNs: 1_795_258_800e9, endNs: 0 }],
    ['the first packet', { startNs: 0, endNs: 1_795_258_800e9 }],
    ['the order of packets', { startNs: 1_795_258_801e9, endNs: 1_795_258_800e9 }],
  ])('without %s there is no duration', (_, record) => {
    expect(encodeOne(createSampleConnection({ record }))).not.toHaveProperty('event.duration');
  });

  test('sums that pass a long stay one', () => {
    const document = encodeOne(createSampleConnection({ record: { bytes: 2 ** 63 - 1024, reverseBytes: 2 ** 62 } }));
    expect(validateEcsDocument(document)).toEqual([]);
  });
});

describe('a sentence on the policies', () => {
  test('is cut to what a keyword takes, never within a character', () => {
    for (const length of [999, 1_000, 1_001, 40_000]) {
      const judgement = createJudgement({ why: 'x'.repeat(length % 2) + '🐝'.repeat(length) });
      const document = encodeOne(createSampleConnection({ record: UNANSWERED, judgement }));
      const { why } = (document['podflow'] as Record<string, Record<string, string>>)['policy']!;
      expect(why!.isWellFormed()).toBe(true);
      expect(why!.length).toBeLessThanOrEqual(1_000);
      expect(why).toMatch(/^x?🐝+…$/u);
      expect((document['event'] as Record<string, string>)['reason']).toBe(`no answer to the TCP SYN; ${why}`);
      expect(validateEcsDocument(document)).toEqual([]);
    }
  });

  test('stays whole where it fits', () => {
    const why = 'y'.repeat(1_000);
    const document = encodeOne(createSampleConnection({ judgement: createJudgement({ why }) }));
    expect(document).toHaveProperty('podflow.policy.why', why);
  });
});

describe('the observer', () => {
  const node = createPodEnd('10.0.0.1', 'podflow-node', 1, { namespaceName: 'monitoring' });
  const resource = new Map([
    ['service.instance.id', 'node-7'],
    ['k8s.pod.name', 'podflow-node-x'],
    ['k8s.cluster.name', 'prod-eu'],
    ['host.name', 'ip-10-0-0-1'],
  ]);

  test('of many pods: the pod is the observed end', () => {
    const source = createPodEnd('10.244.1.7', 'web', 7);
    const record = { podUid: source.podUid };
    const document = encodeOne(createSampleConnection({ source, observer: resource, record }));
    expect(document).toMatchObject({
      host: { name: 'node-1' },
      observer: { name: 'podflow-node-x', hostname: 'ip-10-0-0-1' },
      orchestrator: { cluster: { name: 'prod-eu' }, namespace: 'shop', resource: { id: source.podUid } },
    });
  });

  test('of a pod that the end is not: only its UID is known', () => {
    const record = { podUid: '11111111-2222-4333-8444-555555555555' };
    const document = encodeOne(createSampleConnection({ observer: resource, record }));
    expect(document).toHaveProperty('orchestrator', {
      type: 'kubernetes',
      cluster: { name: 'prod-eu' },
      resource: { type: 'pod', id: record.podUid },
    });
  });

  test('beside a pod that has no name yet: its own pod', () => {
    const document = encodeOne(createSampleConnection({ source: createEnd('10.244.1.7'), observer: resource }));
    expect(document).toHaveProperty('orchestrator.resource', { type: 'pod', name: 'podflow-node-x' });
    expect(document).toHaveProperty('host.name', 'ip-10-0-0-1');
  });

  test('of one end may change from document to document', () => {
    const ends = { source: createPodEnd('10.244.1.7', 'web', 7), destination: node };
    const observers = ['a', 'b', 'a'].map((name) => new Map([['k8s.node.name', name]]));
    const connections = observers.map((observer, i) =>
      createSampleConnection({ ...ends, observer, record: { interfaceName: `eth${i}` } }),
    );
    expect(encodeDocuments(connections).map((document) => [document['host'], document['observer']])).toMatchObject([
      [{ name: 'a' }, { ingress: { interface: { name: 'eth0' } } }],
      [{ name: 'b' }, { ingress: { interface: { name: 'eth1' } } }],
      [{ name: 'a' }, { ingress: { interface: { name: 'eth2' } } }],
    ]);
  });
});

test('labels that are the same once they are text are told once: a key told twice is no JSON to Elasticsearch', () => {
  const source = createPodEnd('10.244.1.7', 'web', 7, { labels: { 'x\ud83d': '1', 'x\udc1d': '2', y: '3' } });
  const lines = new BulkLines();
  new DocumentEncoder().encode([createSampleConnection({ source })], lines);
  expect(lines.sourceText(0)).toContain('"labels":{"x\\ufffd":"2","y":"3"}');
});

describe('a Service of the connection', () => {
  test('takes the place of the end’s own, once', () => {
    const destination = createEnd('10.96.0.1', { kind: 'service', namespaceName: 'shop', serviceName: 'old' });
    const lines = new BulkLines();
    new DocumentEncoder().encode([createSampleConnection({ destination, service: createService('new') })], lines);
    expect(lines.sourceText(0).match(/"service":\{"name"/g)).toHaveLength(1);
    expect(JSON.parse(lines.sourceText(0))).toHaveProperty('destination.kubernetes', {
      namespace: 'shop',
      service: { name: 'new' },
    });
  });

  test('is told of an end of which nothing else is known', () => {
    const destination = createEnd('10.244.2.9');
    const document = encodeOne(createSampleConnection({ destination, service: createService('cart') }));
    expect(document).toHaveProperty('destination.kubernetes', { service: { name: 'cart' } });
    expect(document).toHaveProperty('destination.domain', 'cart.shop.svc');
  });
});
