import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { connectNamespaces } from '../../src/lib/network-namespace.ts';
import { DeltaCollector } from '../support/delta-collector.ts';
import { readPcapFrames, sendFrames } from '../support/frame-sender.ts';
import { runFlood, startSink } from '../support/load.ts';
import { toAccounted } from '../support/loss-identity.ts';
import { CLIENT_ADDRESS, createPodPair, SERVER_ADDRESS, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';

const SINK_PORTS = 100;

describeWithRights('ebpf backend under faults', ['cc', 'ping'], () => {
  let pods: PodPair;
  let collected: DeltaCollector;
  let backend: EbpfBackend;

  async function start(mapEntries: number): Promise<void> {
    collected = new DeltaCollector();
    const options = { interfaceName: 'eth0', namespacePath: pods.client.path, intervalMs: 1000, mapEntries };
    backend = new EbpfBackend(options, SILENT_LOG);
    await backend.start(collected);
  }

  async function stopAndCheck(): Promise<void> {
    await delay(300);
    await backend.stop();
    const counters = backend.counters();
    expect(toAccounted(counters)).toEqual({ frames: counters.interfaceFrames, bytes: counters.interfaceBytes });
    expect(collected.frames).toBe(counters.attributedFrames);
  }

  function ping(count: number): void {
    pods.client.run('ping', '-c', String(count), '-i', '0.02', '-W', '1', SERVER_ADDRESS);
  }

  beforeEach(async () => {
    pods = await createPodPair();
  });

  afterEach(async () => {
    await backend.stop();
    pods.close();
  });

  test('a full map: frames that find no room are counted as unattributed', async () => {
    await start(1024);
    await startSink(pods.server, SERVER_ADDRESS, SINK_PORTS);
    await runFlood(pods.client, {
      destination: SERVER_ADDRESS,
      sourcePorts: 200,
      destinationPorts: SINK_PORTS,
      packetsPerSecond: 50_000,
      seconds: 3,
      payloadBytes: 64,
    });
    await stopAndCheck();
    expect(backend.counters().unattributedFrames).toBeGreaterThan(1000);
    expect(backend.counters().missedFrames).toBe(0);
  }, 30_000);

  test('100,000 concurrent flows are all told apart', async () => {
    await start(131_072);
    await startSink(pods.server, SERVER_ADDRESS, SINK_PORTS);
    const flood = await runFlood(pods.client, {
      destination: SERVER_ADDRESS,
      sourcePorts: 1000,
      destinationPorts: SINK_PORTS,
      packetsPerSecond: 50_000,
      seconds: 5,
      payloadBytes: 64,
    });
    await stopAndCheck();
    expect(flood.flows).toBe(100_000);
    expect(collected.flows.size).toBeGreaterThanOrEqual(100_000);
    expect(backend.counters()).toMatchObject({ unattributedFrames: 0, missedFrames: 0 });
  }, 30_000);

  test('DNS faster than it is read: each packet is copied or counted as lost', async () => {
    const [query] = readPcapFrames(new URL('../fixtures/captures/dns.pcap', import.meta.url));
    const queries = Array.from({ length: 20_000 }, () => query ?? Buffer.alloc(0));
    await start(1024);
    const monitor = LinkMonitor.open(pods.client.path);
    sendFrames(pods.client.path, monitor.read('eth0')?.ifindex ?? 0, queries);
    monitor.close();
    await stopAndCheck();
    const { copiedPackets, copyLostPackets } = backend.counters();
    expect(copyLostPackets).toBeGreaterThan(0);
    expect(copiedPackets + copyLostPackets).toBe(queries.length);
    expect(collected.dnsMessages).toHaveLength(copiedPackets);
  }, 30_000);

  test('an interface that goes down and comes back is followed', async () => {
    await start(1024);
    ping(5);
    pods.client.run('ip', 'link', 'set', 'eth0', 'down');
    await delay(500);
    pods.client.run('ip', 'link', 'set', 'eth0', 'up');
    pods.client.run('ip', 'neigh', 'flush', 'all');
    await delay(200);
    const framesBefore = collected.frames;
    ping(5);
    await stopAndCheck();
    expect(collected.frames - framesBefore).toBeGreaterThanOrEqual(10);
    expect(backend.counters().missedFrames).toBe(0);
  }, 30_000);

  test('an interface that is deleted and made anew is followed', async () => {
    for (const pod of [pods.client, pods.server])
      pod.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    await start(1024);
    ping(5);
    await delay(400); // what an interface counted since it was last asked goes with it
    pods.client.run('ip', 'link', 'del', 'eth0');
    await delay(500);
    connectNamespaces(pods.client, 'eth0', pods.server, 'eth0');
    pods.client.run('ip', 'addr', 'add', `${CLIENT_ADDRESS}/24`, 'dev', 'eth0');
    pods.server.run('ip', 'addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'eth0');
    await delay(500);
    ping(5);
    await stopAndCheck();
    expect(collected.frames).toBeGreaterThanOrEqual(20);
    expect(backend.counters().missedFrames).toBe(0);
  }, 30_000);

  test('nothing is sent: no flow is told, the identity holds at zero', async () => {
    for (const pod of [pods.client, pods.server]) pod.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
    await start(1024);
    await stopAndCheck();
    expect(collected.flows.size).toBe(0);
  });
});
