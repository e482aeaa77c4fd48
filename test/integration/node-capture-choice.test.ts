import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NodeBackend, type NodeBackendOptions } from '../../src/capture/node/node-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { toAccounted } from '../support/loss-identity.ts';
import { NodeNetwork, type NodePod } from '../support/node-network.ts';
import { RecordRun } from '../support/record-run.ts';
import { describeWithRights } from '../support/requirements.ts';

const INTERVAL_MS = 3_600_000;
const SEEN_MS = 400;
/** Reached through the node's VXLAN device. */
const BEYOND_ADDRESS = '10.213.0.2';
const SEGMENT_ADDRESS = '10.212.2.2';

describeWithRights('node capture: which interfaces, and what is looked into', ['ping'], () => {
  let network: NodeNetwork;
  let run: RecordRun;
  let pod: NodePod;

  async function start(options: Partial<NodeBackendOptions>): Promise<NodeBackend> {
    const defaults = { procPath: '/proc', include: ['*'], exclude: [], uplinks: [] };
    const common = { ...defaults, namespacePath: network.node.path, intervalMs: INTERVAL_MS, mapEntries: 4096 };
    const backend = new NodeBackend({ ...common, ...options }, SILENT_LOG);
    run = await RecordRun.start(backend, INTERVAL_MS);
    return backend;
  }

  /** Ends the observation and returns the records of what was pinged. */
  async function stop(): Promise<FlowRecord[]> {
    await delay(SEEN_MS);
    await run.stop();
    const counters = run.backend.counters();
    expect(toAccounted(counters).frames).toBe(counters.interfaceFrames);
    return run.records.filter(({ icmpType }) => icmpType === 8);
  }

  function ping(address: string): void {
    pod.namespace.run('ping', '-c', '3', '-i', '0.02', '-W', '1', address);
  }

  beforeEach(async () => {
    network = await NodeNetwork.create();
    pod = await network.addPod('bridged');
    const vxlan = (local: string, remote: string, inner: string): string =>
      `ip link add vx0 type vxlan id 42 local ${local} remote ${remote} dstport 4789 dev up0 && ` +
      `ip addr add ${inner}/24 dev vx0 && ip link set vx0 up`;
    network.node.run('sh', '-c', vxlan('10.212.2.1', SEGMENT_ADDRESS, '10.213.0.1'));
    network.segment.run('sh', '-c', vxlan(SEGMENT_ADDRESS, '10.212.2.1', BEYOND_ADDRESS));
    network.segment.run('ip', 'route', 'add', 'default', 'via', '10.213.0.1');
  });

  afterEach(async () => {
    await run.stop();
    network.close();
  });

  test('the node’s uplink, a veth too, is not taken for a pod', async () => {
    const backend = await start({});
    expect(backend.nodeCounters().observedInterfaces).toEqual({ host: 1, pod: 0, uplink: 0 });
    ping(SEGMENT_ADDRESS);
    expect((await stop()).map(({ interfaceName, podUid }) => [interfaceName, podUid])).toEqual([['eth0', pod.uid]]);
  });

  test('an interface left out by name is not observed within its pod instead', async () => {
    const backend = await start({ exclude: [pod.hostInterface ?? ''] });
    expect(backend.nodeCounters().observedInterfaces).toEqual({ host: 0, pod: 0, uplink: 0 });
    ping(SEGMENT_ADDRESS);
    expect(await stop()).toEqual([]);
  });

  test('an uplink that is asked for is observed as the node’s own', async () => {
    const backend = await start({ uplinks: ['up*'] });
    expect(backend.nodeCounters().observedInterfaces).toEqual({ host: 1, pod: 0, uplink: 1 });
    network.node.run('ping', '-c', '3', '-i', '0.02', SEGMENT_ADDRESS);
    const records = await stop();
    expect(records.map((r) => [r.interfaceName, r.podUid, r.direction, r.packets, r.reversePackets])).toEqual([
      ['up0', undefined, 'egress', 3, 3],
    ]);
  });

  test('a tunnel is looked into at the uplink: the pod’s flow is told with it there, and without it at the pod', async () => {
    await start({ uplinks: ['up0'], decapsulate: [{ type: 'vxlan', port: 4789 }] });
    ping(BEYOND_ADDRESS);
    const records = await stop();
    const told = records.map((r) => [r.interfaceName, r.podUid, r.tunnelType, r.tunnelId, r.packets, r.reversePackets]);
    expect(told.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
      ['eth0', pod.uid, undefined, undefined, 3, 3],
      ['up0', undefined, 'vxlan', 42, 3, 3],
    ]);
    const [inTunnel] = records.filter(({ tunnelType }) => tunnelType !== undefined);
    expect(inTunnel).toMatchObject({ sourceAddress: pod.address, destinationAddress: BEYOND_ADDRESS });
    expect(inTunnel).toMatchObject({ tunnelSourceAddress: '10.212.2.1', tunnelDestinationAddress: SEGMENT_ADDRESS });
  });
});
