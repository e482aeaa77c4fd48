import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { findFreePorts } from '../../src/roles/demo/free-ports.ts';
import { judgeLoad } from '../support/nat/judge-load.ts';
import { LOAD_PODS, ServiceLoad } from '../support/nat/service-load.ts';
import { toFlowRecord } from '../support/nat/to-flow-record.ts';
import { toDeliveredText, toObservedText, toTupleText } from '../support/nat/tuple-text.ts';
import { NodeRun } from '../support/node-run.ts';
import { OtlpReceiver, type ReceivedRecord } from '../support/otlp-receiver.ts';
import { ProbeRun } from '../support/probe-run.ts';
import { describeWithRights } from '../support/requirements.ts';
import { PODS } from '../support/service-network/cluster-plan.ts';
import { FLOOD_PORT, SERVICES } from '../support/service-network/cluster-services.ts';
import { NETWORK_TOOLS, ServiceNetwork } from '../support/service-network/service-network.ts';
import { TcpLink } from '../support/tcp-link.ts';
import { waitFor } from '../support/wait-for.ts';

const INTERVAL_MS = 1_000;
const FLOWS_PER_SECOND = 500;

describeWithRights('podflow probe → podflow node → OTLP', [...NETWORK_TOOLS, 'conntrack', 'cc'], () => {
  let network: ServiceNetwork;
  let receiver: OtlpReceiver;
  let load: ServiceLoad;
  let port: number;
  let link: TcpLink;
  let node: NodeRun;
  let probes: ProbeRun[];

  async function startNode(): Promise<void> {
    const { path } = network.nodes['node-a'];
    node = new NodeRun(port, ['--host-netns', path, '--otlp-endpoint', receiver.url, '--metrics-port', 'off']);
    await node.untilListening();
  }

  async function startProbes(): Promise<void> {
    const common = ['--interface', 'eth0', '--interval', `${INTERVAL_MS}ms`, '--metrics-port', 'off', '--json'];
    probes = LOAD_PODS.map((pod) => {
      const where = ['--netns', network.pods[pod].path, '--otlp-endpoint', link.url];
      return new ProbeRun([...common, ...where, '--shutdown-deadline', '8s']);
    });
    await Promise.all(probes.map((probe) => probe.untilCapturing()));
  }

  /** Ends the probes, then the node, each with what it holds; checks that everything came, and came once. */
  async function finish(mayRepeat: boolean): Promise<void> {
    expect(await Promise.all(probes.map((probe) => probe.stop()))).toEqual(probes.map(() => 0));
    expect(await node.stop()).toBe(0);
    expect([node, ...probes].map((run) => run.summary.losses.explained)).not.toContain(false);
    const stages = probes.map((probe) => probe.summary.losses.stages['otlp']);
    expect(stages.map((stage) => stage?.dropped)).toEqual(stages.map(() => ({})));
    const sent = stages.reduce((sum, stage) => sum + (stage?.forwarded.records ?? 0), 0);
    const ids = receiver.records.map(({ attributes }) => `${attributes['flow.id']} ${attributes['flow.sequence']}`);
    expect(new Set(ids).size).toBe(sent);
    if (!mayRepeat) expect(ids.length).toBe(sent);
  }

  /** The client's records of the load, as told, against those of its servers, as seen on their wire. */
  function expectResolved(): void {
    const received = receiver.records.map((record) => ({ ...record, flow: toFlowRecord(record, INTERVAL_MS) }));
    const kept = toTupleText(load.kept.client, load.kept.to);
    const backends = new Set(['web-0', 'web-1'].map((name) => PODS[name as 'web-0'].address.ipv4 as string));
    const ofClient = received.filter(
      ({ flow }) => flow.destinationAddress === SERVICES.flood.clusterIp.ipv4 || toObservedText(flow) === kept,
    );
    const ofServers = received.filter(({ flow }) => backends.has(flow.destinationAddress));
    const judgement = judgeLoad(
      ofClient.map(({ flow }) => flow),
      ofServers.map(({ flow }) => flow),
      true,
    );
    expect(judgement.wrong).toEqual([]);
    expect(judgement).toMatchObject({ right: ofClient.length, unresolved: 0 });
    expect(ofClient.length).toBeGreaterThan(3 * FLOWS_PER_SECOND);
    expect(ofClient.map(({ flow }) => toObservedText(flow))).toContain(kept);
    expectJoined(ofClient, ofServers);
  }

  beforeAll(async () => {
    network = await ServiceNetwork.create('nftables');
  });

  beforeEach(async () => {
    network.nodes['node-a'].run('conntrack', '-F');
    load = await ServiceLoad.start(network);
    receiver = await OtlpReceiver.start();
    [port = 0] = await findFreePorts(1);
    link = await TcpLink.start(port);
    await Promise.all([startNode(), startProbes()]);
  }, 40_000);

  afterEach(async () => {
    for (const run of [node, ...probes]) run.kill();
    await load.close();
    await link.down();
    await receiver.close();
  });

  afterAll(() => network.close());

  test('both ends of each connection arrive with its backend and one trace id', async () => {
    await load.flood(FLOWS_PER_SECOND, 4);
    await finish(false);
    expectResolved();
  }, 40_000);

  test.each([
    ['SIGTERM', false],
    // What was forwarded and not yet acknowledged is sent again: at least once.
    ['SIGKILL', true],
  ] as const)(
    'the node ended by %s under load and started again: nothing is lost',
    async (signal, mayRepeat) => {
      const flood = load.flood(FLOWS_PER_SECOND, 4);
      await delay(2_000);
      await node.stop(signal);
      await delay(1_500);
      await startNode();
      await flood;
      await finish(mayRepeat);
      expectResolved();
      expect(load.unanswered).toBe(0);
    },
    60_000,
  );

  test.each([
    ['between two requests', false],
    ['during a request', true],
  ] as const)(
    'the link between probe and node goes down %s: nothing is lost',
    async (_, isDuringRequest) => {
      const flooding = load.flood(FLOWS_PER_SECOND, 4);
      await delay(2_000);
      await waitFor('such a moment', () => link.isBusy === isDuringRequest);
      await link.down();
      await delay(3_000);
      await link.up();
      await flooding;
      await finish(isDuringRequest);
      expectResolved();
    },
    60_000,
  );
});

interface JudgedRecord extends ReceivedRecord {
  readonly flow: ReturnType<typeof toFlowRecord>;
}

/** The server's record of a connection has the trace id of the client's. */
function expectJoined(ofClient: readonly JudgedRecord[], ofServers: readonly JudgedRecord[]): void {
  const traceIds = new Map(ofServers.map(({ flow, traceId }) => [toObservedText(flow), traceId]));
  const apart = ofClient.filter(({ flow, traceId }) => traceIds.get(toDeliveredText(flow) ?? '') !== traceId);
  expect(apart.map(({ flow }) => toObservedText(flow))).toEqual([]);
  expect(new Set(ofServers.map(({ flow }) => flow.destinationPort))).toContain(FLOOD_PORT);
}
