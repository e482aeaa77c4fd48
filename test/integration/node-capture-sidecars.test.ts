import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { NodeBackend } from '../../src/capture/node/node-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { CaptureCounters } from '../../src/model/capture.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { msUntilBoundary } from '../bench/capture/interval-timing.ts';
import { runFlood, runHttpClient, startHttpServer, startSink } from '../support/load.ts';
import { toAccounted } from '../support/loss-identity.ts';
import { NodeNetwork, type NodePod } from '../support/node-network.ts';
import { RecordRun } from '../support/record-run.ts';
import { describeWithRights } from '../support/requirements.ts';

/** Room for a round of traffic, some 3 s, also where the machine is busy: what is cut by a boundary may differ. */
const INTERVAL_MS = 8_000;
const HTTP_PORT = 8080;
const SERVICE_ADDRESS = '10.96.0.10';
const SERVICE_PORT = 80;
const SETTLE_MS = 1_000;
/** Both observers see a frame within this; they are two sockets in two places of its way. */
const JITTER_NS = 20e6;

/** What one observer numbers or knows for itself, and what depends on when it looked. */
const OWN = new Set<string>(['flowId', 'podUid', 'startNs', 'endNs', 'intervalEndNs', 'handshakeNs', 'rttNs']);

/** What two observers of the same frames must tell alike. */
function toComparable(record: FlowRecord): object {
  const alike = Object.entries(record).filter(([name]) => !OWN.has(name));
  return { ...Object.fromEntries(alike), hasHandshake: record.handshakeNs !== undefined };
}

/** Orders records by what identifies them within a pod. */
function byIdentity(a: FlowRecord, b: FlowRecord): number {
  return toIdentity(a).localeCompare(toIdentity(b));
}

function toIdentity({ intervalStartNs, protocolNumber, sequence, ...r }: FlowRecord): string {
  const ends = [r.sourceAddress, r.sourcePort, r.destinationAddress, r.destinationPort, r.icmpType, r.icmpCode];
  return [intervalStartNs, protocolNumber, ...ends, sequence, r.startNs].join(' ');
}

function isTcpTo(port: number): (record: FlowRecord) => boolean {
  return (record) => record.transport === 'tcp' && record.destinationPort === port;
}

/** A macvlan counts the link header of some received broadcasts twice (drivers/net/macvlan.c); a veth counts exactly. */
function toUncountedBytes(counters: CaptureCounters): number {
  return (counters.interfaceBytes ?? 0) - toAccounted(counters).bytes;
}

describeWithRights('node capture beside a sidecar in each pod', ['cc', 'ping', 'dig', 'iptables'], () => {
  let network: NodeNetwork;
  let client: NodePod;
  let server: NodePod;
  let deaf: NodePod;
  let bridged: NodePod;
  let onUplink: NodePod;
  let otherOnUplink: NodePod;
  let pods: readonly NodePod[];
  let node: RecordRun;
  let servers: readonly ChildProcess[] = [];
  let sidecars: Map<NodePod, RecordRun>;

  function ofNode(pod: NodePod): FlowRecord[] {
    return node.records.filter((record) => record.podUid === pod.uid).toSorted(byIdentity);
  }

  function ofSidecar(pod: NodePod): FlowRecord[] {
    return (sidecars.get(pod)?.records ?? []).toSorted(byIdentity);
  }

  async function sendTraffic(): Promise<void> {
    const http = { address: SERVICE_ADDRESS, port: SERVICE_PORT, connections: 3, requestsPerSecond: 100, seconds: 1 };
    const flood = { sourcePorts: 3, destinationPorts: 5, packetsPerSecond: 500, seconds: 1, payloadBytes: 200 };
    const few = { ...flood, sourcePorts: 1, destinationPorts: 1, packetsPerSecond: 10, seconds: 0.3 };
    await Promise.all([
      runHttpClient(client.namespace, http),
      runHttpClient(bridged.namespace, { ...http, address: server.address, port: HTTP_PORT }),
      runFlood(client.namespace, { ...flood, destination: bridged.address }),
      runHttpClient(otherOnUplink.namespace, { ...http, address: onUplink.address, port: HTTP_PORT }),
    ]);
    await runFlood(client.namespace, { ...few, destination: deaf.address });
    await run(client, 'ping', '-c3', '-i0.05', '-W1', bridged.address);
    await run(client, 'ping', '-c3', '-i0.05', '-W1', bridged.address6);
    await run(bridged, 'ping', '-c3', '-i0.05', '-W1', server.address6);
    await run(onUplink, 'ping', '-c3', '-i0.05', '-W1', otherOnUplink.address6);
    await run(client, 'dig', '+tries=1', '+time=1', `@${deaf.address}`, 'podflow.test');
    await run(client, 'bash', '-c', `exec 3<>/dev/tcp/${deaf.address}/81`);
  }

  /** Whether it succeeds or fails, since some is sent to be refused. */
  async function run(pod: NodePod, command: string, ...args: readonly string[]): Promise<void> {
    await once(pod.namespace.spawn(command, args, { stdio: 'ignore' }), 'exit');
  }

  beforeAll(async () => {
    network = await NodeNetwork.create();
    client = await network.addPod('routed');
    server = await network.addPod('bridged');
    deaf = await network.addPod('routed');
    bridged = await network.addPod('bridged');
    onUplink = await network.addPod('macvlan');
    otherOnUplink = await network.addPod('macvlan');
    pods = [client, server, deaf, bridged, onUplink, otherOnUplink];
    const target = `${server.address}:${HTTP_PORT}`;
    const service = ['-p', 'tcp', '-d', SERVICE_ADDRESS, '--dport', String(SERVICE_PORT)];
    network.node.run('iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', ...service, '-j', 'DNAT', '--to', target);
    const nth = ['-m', 'statistic', '--mode', 'nth', '--every', '40', '--packet', '20'];
    network.node.run(
      'iptables',
      '-w',
      '-A',
      'FORWARD',
      '-p',
      'tcp',
      '--sport',
      String(HTTP_PORT),
      ...nth,
      '-j',
      'DROP',
    );
    servers = [
      await startHttpServer(server.namespace, server.address, HTTP_PORT, 3000),
      await startHttpServer(onUplink.namespace, onUplink.address, HTTP_PORT, 3000),
      await startSink(bridged.namespace, bridged.address, 5),
    ];

    const common = { intervalMs: INTERVAL_MS, mapEntries: 65_536 };
    const patterns = { include: ['*'], exclude: [], uplinks: [] };
    const backend = new NodeBackend(
      { ...common, ...patterns, namespacePath: network.node.path, procPath: '/proc' },
      SILENT_LOG,
    );
    await delay(msUntilBoundary(Date.now(), INTERVAL_MS));
    node = await RecordRun.start(backend, INTERVAL_MS);
    sidecars = new Map();
    for (const pod of pods) {
      const options = { ...common, interfaceName: 'eth0', namespacePath: pod.namespace.path };
      const own = [pod.address, pod.address6];
      sidecars.set(pod, await RecordRun.start(new EbpfBackend(options, SILENT_LOG), INTERVAL_MS, own));
    }
    for (let round = 0; round < 2; round++) {
      // Each observer swaps its maps a little after the boundary.
      await delay(SETTLE_MS);
      await sendTraffic();
      await delay(msUntilBoundary(Date.now(), INTERVAL_MS));
    }
    await delay(SETTLE_MS);
    await Promise.all([node, ...sidecars.values()].map((each) => each.stop()));
  }, 60_000);

  afterAll(() => {
    for (const each of servers) each.kill();
    network.close();
  });

  test('each pod’s records are those that its sidecar tells', () => {
    for (const pod of pods) {
      const [expected, found] = [ofSidecar(pod), ofNode(pod)];
      expect(expected.length).toBeGreaterThan(3);
      expect(found.map(toComparable)).toEqual(expected.map(toComparable));
      for (const [i, record] of found.entries()) {
        const twin = expected[i];
        for (const key of ['startNs', 'endNs', 'handshakeNs', 'rttNs'] as const)
          expect(Math.abs((record[key] ?? 0) - (twin?.[key] ?? 0))).toBeLessThan(JITTER_NS);
      }
    }
    expect(node.records).toHaveLength(pods.reduce((sum, pod) => sum + ofNode(pod).length, 0));
  });

  test('frames add up to those of the sidecars: nothing twice, though bridge, uplink and NAT were passed', () => {
    const counters = node.backend.counters();
    const sidecarCounters = [...sidecars.values()].map(({ backend }) => backend.counters());
    const sum = (key: keyof typeof counters): number =>
      sidecarCounters.reduce((total, each) => total + (each[key] ?? 0), 0);
    for (const key of [
      'attributedFrames',
      'attributedBytes',
      'nonIpFrames',
      'interfaceFrames',
      'interfaceBytes',
    ] as const)
      expect([key, counters[key]]).toEqual([key, sum(key)]);
    expect(toAccounted(counters).frames).toBe(counters.interfaceFrames);
    expect(toUncountedBytes(counters)).toBe(sidecarCounters.reduce((total, each) => total + toUncountedBytes(each), 0));
    for (const pod of pods) {
      if (pod.hostInterface !== undefined)
        expect(toUncountedBytes(sidecars.get(pod)?.backend.counters() ?? counters)).toBe(0);
    }
    expect(counters).toMatchObject({ missedFrames: 0, unattributedFrames: 0, copyLostPackets: 0 });
  });

  test('a translated connection is one flow at each end: as it was dialled, and as it was delivered', () => {
    const dialled = node.records.filter(isTcpTo(SERVICE_PORT));
    expect(new Set(dialled.map(({ podUid }) => podUid))).toEqual(new Set([client.uid]));
    expect(new Set(dialled.map(({ direction }) => direction))).toEqual(new Set(['egress']));
    const delivered = node.records
      .filter(isTcpTo(HTTP_PORT))
      .filter(({ sourceAddress }) => sourceAddress === client.address);
    expect(new Set(delivered.map(({ podUid }) => podUid))).toEqual(new Set([server.uid]));
    expect(new Set(delivered.map(({ direction }) => direction))).toEqual(new Set(['ingress']));
    expect(new Set(delivered.map(({ sourcePort }) => sourcePort))).toEqual(
      new Set(dialled.map(({ sourcePort }) => sourcePort)),
    );
  });

  test('the network’s losses were seen', () => {
    const retransmitted = ofNode(server).reduce((sum, { reverseRetransmits = 0 }) => sum + reverseRetransmits, 0);
    expect(retransmitted).toBeGreaterThan(0);
  });

  test('an ICMP error is told of the flow of the pod that got it, and of the one that sent it', () => {
    for (const pod of [client, deaf]) {
      const refused = ofNode(pod).filter(({ dropReason }) => dropReason === 'port_unreachable');
      expect(refused.length).toBeGreaterThan(0);
    }
    expect(ofNode(bridged).filter(({ verdict }) => verdict === 'rejected')).toEqual([]);
  });

  test('DNS messages are told of the pods that they passed', () => {
    const askers = new Set(node.dnsMessages.map(({ point }) => node.backend.resolvePoint(point).podUid));
    const expected = pods.filter((pod) => (sidecars.get(pod)?.dnsMessages.length ?? 0) > 0).map(({ uid }) => uid);
    expect(expected).toEqual([client.uid, deaf.uid]);
    expect(askers).toEqual(new Set(expected));
    const told = [...sidecars.values()].reduce((sum, { dnsMessages }) => sum + dnsMessages.length, 0);
    expect(node.dnsMessages).toHaveLength(told);
  });
});
