import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { DeltaCollector } from '../support/delta-collector.ts';
import { runFlood, startHttpServer, startSink } from '../support/load.ts';
import { toAccounted, type FrameSums } from '../support/loss-identity.ts';
import { createPodPair, SERVER_ADDRESS, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';

const SECONDS = 20;
const SINK_PORTS = 200;
const HTTP_PORT = 8080;

describeWithRights('ebpf backend: the sums are the interface’s own', ['wrk', 'cc'], () => {
  let pods: PodPair;
  let backend: EbpfBackend;
  let collected: DeltaCollector;
  let before: FrameSums;

  /** The kernel's counters of the observed interface, asked apart from the backend. */
  function interfaceTotals(): FrameSums {
    const monitor = LinkMonitor.open(pods.client.path);
    const link = monitor.read('eth0');
    monitor.close();
    if (link === undefined) throw new Error('no eth0');
    return { frames: link.rxFrames + link.txFrames, bytes: link.rxBytes + link.txBytes };
  }

  beforeEach(async () => {
    pods = await createPodPair();
    collected = new DeltaCollector();
    const options = { interfaceName: 'eth0', namespacePath: pods.client.path, intervalMs: 2000, mapEntries: 65_536 };
    backend = new EbpfBackend(options, SILENT_LOG);
    before = interfaceTotals();
    await backend.start(collected);
  });

  afterEach(async () => {
    await backend.stop();
    pods.close();
  });

  test('mixed TCP and UDP at 100,000 packets/s and more with 10,000 new flows a second', async () => {
    await startSink(pods.server, SERVER_ADDRESS, SINK_PORTS);
    await startHttpServer(pods.server, SERVER_ADDRESS, HTTP_PORT, 600);
    const url = `http://${SERVER_ADDRESS}:${HTTP_PORT}/`;
    const web = pods.client.spawn('wrk', ['-t1', '-c4', `-d${SECONDS}s`, '-H', 'Connection: close', url], {
      stdio: 'ignore',
    });
    const flood = await runFlood(pods.client, {
      destination: SERVER_ADDRESS,
      sourcePorts: 50,
      destinationPorts: SINK_PORTS,
      packetsPerSecond: 100_000,
      seconds: SECONDS,
      payloadBytes: 64,
      blocks: SECONDS,
    });
    if (web.exitCode === null) await once(web, 'exit');
    await delay(500);
    const after = interfaceTotals();
    await backend.stop();

    const counters = backend.counters();
    console.info(JSON.stringify({ flood, flows: collected.flows.size, earlyDrains: collected.earlyDrains, counters }));
    expect(flood.pps).toBeGreaterThan(95_000);
    expect(collected.flows.size).toBeGreaterThan(10_000 * SECONDS);
    expect(toAccounted(counters)).toEqual({ frames: after.frames - before.frames, bytes: after.bytes - before.bytes });
    expect(counters).toMatchObject({ missedFrames: 0, missedBytes: 0, unattributedFrames: 0, unattributedBytes: 0 });
    expect({ frames: collected.frames, bytes: collected.bytes }).toEqual({
      frames: counters.attributedFrames,
      bytes: counters.attributedBytes,
    });
  }, 60_000);
});
