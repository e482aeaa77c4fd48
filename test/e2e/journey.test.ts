import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { validateEcsDocument } from '../support/ecs-validator.ts';
import { describeWithRights } from '../support/requirements.ts';
import { COLLECTOR } from './collector/start-collector.ts';
import { ELASTICSEARCH_TOOLS, installElasticsearch } from './elasticsearch/install-elasticsearch.ts';
import { quantileOf } from './journey/delays.ts';
import { readDropped, readRate, toFigures, toInterfaceRate } from './journey/figures.ts';
import { expectedNames, toApiTuple, toPods, toTuple, toWorkloads } from './journey/expected-names.ts';
import {
  begunOf,
  bytesOf,
  isJoined,
  numberOf,
  serverBytesOf,
  textOf,
  tupleOf,
  type FlowDocument,
} from './journey/flow-document.ts';
import { sumFrames, toCounted, toRest } from './journey/frame-sums.ts';
import { LOCAL_PORTS, runJourney, type Journey } from './journey/run-journey.ts';
import { startShop } from './journey/shop.ts';
import type { EnrichSummary } from './journey/start-enrich.ts';
import { startServers } from './journey/start-servers.ts';
import { countEach, sum } from './journey/sums.ts';
import type { AskedConnection } from './journey/traffic.ts';
import { CLUSTER_REQUIREMENTS, startCluster } from './kubernetes/start-cluster.ts';

const REQUIREMENTS = [...CLUSTER_REQUIREMENTS, COLLECTOR, 'prometheus', ...ELASTICSEARCH_TOOLS];
const OTLP_PORT = 4318;
const JOURNEY_MS = 400_000;
const STOP_MS = 60_000;
/** What is promised from the end of an interval to the document that a search finds, of 99 in 100. */
const PROMISED_MS = 5_000;
/** More would be a network that is not well. */
const MOST_ARP_FRAMES = 40;

describeWithRights('the journey from packets to Elasticsearch and Prometheus', REQUIREMENTS, () => {
  const stops: (() => unknown)[] = [];
  let journey: Journey;
  let summary: EnrichSummary;
  let asked: readonly AskedConnection[] = [];
  /** Documents of connections to the Service, by both ends. */
  let byTuple: Map<string, FlowDocument[]>;

  beforeAll(async () => {
    await installElasticsearch();
    const cluster = await startCluster({ nodes: 2 });
    stops.push(() => cluster.stop());
    stops.push(cluster.enter());
    const servers = await startServers(cluster, OTLP_PORT, (stop) => stops.push(stop));
    await startShop(cluster, `http://${cluster.address}:${OTLP_PORT}`);
    journey = await runJourney(cluster, servers);
    summary = (await servers.enrich.stop()) as EnrichSummary;
    asked = [...journey.shopper.connections, ...journey.buyer.connections];
    const toService = journey.documents.filter(
      (each) =>
        textOf(each, 'podflow.source.kind') === 'pod' && textOf(each, 'destination.kubernetes.service.name') === 'web',
    );
    byTuple = Map.groupBy(toService, tupleOf);
    process.stderr.write(`${JSON.stringify(toFigures(journey))}\n`);
  }, JOURNEY_MS);

  afterAll(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  }, STOP_MS);

  const ofClient = (localPort: number): FlowDocument[] =>
    journey.documents.filter((document) => numberOf(document, 'source.port') === localPort);

  test('each connection is in Elasticsearch once, and no other', () => {
    expect(asked.length).toBeGreaterThan(500);
    const found = [...byTuple].map(([tuple, documents]) => [tuple, sum(documents, begunOf)]);
    expect(Object.fromEntries(found)).toEqual(countEach(asked.map(toTuple)));
  });

  test('each document names both pods, their workloads and nodes, and the Service', () => {
    for (const connection of asked) {
      const expected = expectedNames(journey, connection);
      for (const { fields } of byTuple.get(toTuple(connection)) ?? [])
        expect(new Map([...expected.keys()].map((name) => [name, fields.get(name)]))).toEqual(expected);
    }
  });

  test('both perspectives of each connection are joined, and count the same', () => {
    for (const documents of byTuple.values()) {
      expect(documents.filter((each) => !isJoined(each))).toEqual([]);
      expect(sum(documents, serverBytesOf)).toBe(sum(documents, bytesOf));
    }
  });

  test.each([
    // Its probe's keep-alives go on between the readings and the ends of the intervals.
    ['shopper', 4],
    ['buyer', 0],
  ] as const)('the bytes and frames of %s’s documents are those of its interface', (client, mostKeepAlives) => {
    const [pod] = [...journey.pods.values()].filter(({ workloadName }) => workloadName === client);
    const told = sumFrames(journey.documents, pod!, journey.startMs, journey.endMs);
    const { arpFrames, keepAliveFrames } = toRest(toCounted(journey[client]), told);
    expect(Number.isInteger(keepAliveFrames)).toBe(true);
    expect(Math.abs(keepAliveFrames)).toBeLessThanOrEqual(mostKeepAlives);
    expect(arpFrames).toBeGreaterThanOrEqual(0);
    expect(arpFrames).toBeLessThan(MOST_ARP_FRAMES);
  });

  test('each connection is in Prometheus once', () => {
    const series = journey.series.get('pod_flow_connections') ?? [];
    const toService = series.filter(({ labels }) => labels['dst_service'] === 'web' && labels['src_kind'] === 'pod');
    const told = toService.map(({ labels, value }) => [`${labels['src_pod']} ${labels['dst_pod']}`, value]);
    expect(Object.fromEntries(told)).toEqual(countEach(asked.map((each) => toPods(journey, each))));
  });

  test.each([
    ['connections', begunOf],
    ['bytes', (document: FlowDocument) => numberOf(document, 'network.bytes')],
    ['packets', (document: FlowDocument) => numberOf(document, 'network.packets')],
  ] as const)('counters tell as many %s as all documents', (family, value) => {
    const expected = sum(journey.documents, value);
    for (const name of [`flow_${family}`, `pod_flow_${family}`])
      expect([name, sum(journey.series.get(name) ?? [], (sample) => sample.value)]).toEqual([name, expected]);
  });

  test.each(['shopper', 'buyer'] as const)('rate() of %s’s bytes is that of its interface', (client) => {
    expect(Math.abs(readRate(journey, client) / toInterfaceRate(journey[client]) - 1)).toBeLessThan(0.01);
  });

  test('an attempt that nobody answers is dropped, with its reason', () => {
    expect(journey.odd.dropped).toBe('silence');
    const documents = ofClient(LOCAL_PORTS.dropped);
    expect(documents.map(({ source }) => source)).toMatchObject([
      {
        event: { outcome: 'failure', type: expect.arrayContaining(['start', 'denied']) },
        source: { kubernetes: { pod: { name: 'buyer' } } },
        destination: { kubernetes: { pod: { name: 'deaf' }, workload: { kind: 'Pod', name: 'deaf' } }, port: 8080 },
        podflow: {
          ...{ perspectives: 'client', verdict: 'dropped', drop: { reason: 'netfilter_drop' } },
          evidence: { source: ['kernel'], detail: ['NETFILTER_DROP'], node: ['pfn1'] },
        },
      },
    ]);
    expect(sum(documents, (each) => numberOf(each, 'podflow.drop.packets'))).toBeGreaterThan(1);
    expect(readDropped(journey, 'buyer', 'deaf')).toEqual({
      netfilter_drop: 1,
      syn_unanswered: 0,
      connection_refused: 0,
    });
  });

  test('an attempt that is refused is rejected, by a pod or for want of an endpoint, with its reason', () => {
    expect(journey.odd).toMatchObject({ refused: 'ECONNREFUSED', withoutEndpoint: 'ECONNREFUSED' });
    expect(ofClient(LOCAL_PORTS.refused).map(({ source }) => source)).toMatchObject([
      {
        destination: { kubernetes: { workload: { kind: 'Deployment', name: 'till' } }, port: 9 },
        podflow: { perspectives: 'both', verdict: 'rejected', drop: { reason: 'connection_refused' } },
      },
    ]);
    expect(ofClient(LOCAL_PORTS.withoutEndpoint).map(({ source }) => source)).toMatchObject([
      {
        destination: { domain: 'void.shop.svc', ip: journey.addresses.void },
        podflow: { perspectives: 'client', verdict: 'rejected', drop: { reason: 'port_unreachable' } },
      },
    ]);
    expect(readDropped(journey, 'buyer', 'till')).toEqual({ syn_unanswered: 0, connection_refused: 1 });
    expect(readDropped(journey, 'shopper', 'void')).toMatchObject({ port_unreachable: 1, syn_unanswered: 0 });
  });

  test('a connection to the outside is told with the address that it left by', () => {
    const [document, ...others] = ofClient(journey.odd.outside).filter(
      (each) => textOf(each, 'destination.ip') === journey.addresses.outside,
    );
    expect(others).toEqual([]);
    expect(document?.source).toMatchObject({
      source: { kubernetes: { workload: { name: 'shopper' } }, nat: { ip: '172.30.0.11' } },
      podflow: { perspectives: 'client', verdict: 'forwarded', destination: { kind: 'external' } },
    });
  });

  test('the API tells the same', () => {
    const edges = new Map(journey.map.edges.map((edge) => [`${edge.source} ${edge.destination}`, edge.connections]));
    const expected = countEach(asked.map((each) => toWorkloads(journey, each)));
    // And the one that was refused.
    expected['workload/shop/Pod/buyer workload/shop/Deployment/till']! += 1;
    expect(Object.keys(expected)).toHaveLength(6);
    expect(Object.fromEntries(edges)).toMatchObject(expected);
    const flows = journey.flows.filter((flow) => flow['destination.k8s.service.name'] === 'web');
    const tuples = new Set(flows.map((flow) => toApiTuple(flow)));
    expect(tuples).toEqual(new Set(journey.shopper.connections.map(toTuple)));
    expect(new Set(flows.map((flow) => flow['source.k8s.workload.name']))).toEqual(new Set(['shopper']));
  });

  test('all documents are valid, and none was refused or put aside', () => {
    const problems = journey.documents.flatMap(({ id, source }) =>
      validateEcsDocument(source).map((problem) => `${id}: ${problem}`),
    );
    expect(problems).toEqual([]);
    expect(journey.failures).toBe(0);
    const others = { duplicate: 0, failure_store: 0, rejected: 0, too_large: 0 };
    expect(summary.elasticsearch).toMatchObject({
      documents: { created: journey.documents.length, ...others },
      ignoredFieldDocuments: 0,
    });
  });

  test('no record is lost on the way: what the Collector took is joined', () => {
    const { receivedRecords, joinedRecords, sentBackRecords, heldRecords, unjoinedRecords } = summary.join;
    expect(receivedRecords).toBe(journey.collectedRecords);
    // What the kernel drops of the nodes' own traffic is no pod's.
    const { unrelated = NaN } = unjoinedRecords;
    expect(unjoinedRecords).toEqual({ late: 0, duplicate: 0, unidentified: 0, unrelated });
    expect(joinedRecords + unrelated + sentBackRecords + heldRecords).toBe(receivedRecords);
    expect([sentBackRecords, heldRecords]).toEqual([0, 0]);
  });

  test('documents are found, and counters are scraped, in time', () => {
    expect(quantileOf(journey.documentDelays, 0.99)).toBeLessThan(PROMISED_MS);
    expect(quantileOf(journey.counterDelays, 0.99)).toBeLessThan(PROMISED_MS);
  });
});
