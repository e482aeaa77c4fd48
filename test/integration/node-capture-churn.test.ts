import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { NodeBackend } from '../../src/capture/node/node-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { runFlood, startSink } from '../support/load.ts';
import { toAccounted, type FrameSums } from '../support/loss-identity.ts';
import { NodeNetwork, type NodePod } from '../support/node-network.ts';
import { RecordRun } from '../support/record-run.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const INTERVAL_MS = 1_000;
/** Nothing is told before the end: pods that are gone by then must be known still. */
const ENDLESS_MS = 3_600_000;
/** The backend looks at events every 200 ms. */
const SEEN_MS = 400;

describeWithRights('node capture while pods come and go', ['cc', 'ping'], () => {
  let network: NodeNetwork;
  let backend: NodeBackend;
  let run: RecordRun;

  async function start(intervalMs: number): Promise<void> {
    backend = new NodeBackend(
      {
        namespacePath: network.node.path,
        procPath: '/proc',
        include: ['*'],
        exclude: [],
        uplinks: [],
        intervalMs,
        mapEntries: 65_536,
      },
      SILENT_LOG,
    );
    run = await RecordRun.start(backend, intervalMs);
  }

  /** What the pods' own ends counted, asked within each pod. */
  function podTotals(pods: readonly NodePod[]): FrameSums {
    const sums = { frames: 0, bytes: 0 };
    for (const pod of pods) {
      const monitor = LinkMonitor.open(pod.namespace.path);
      const link = monitor.read('eth0');
      monitor.close();
      sums.frames += (link?.rxFrames ?? 0) + (link?.txFrames ?? 0);
      sums.bytes += (link?.rxBytes ?? 0) + (link?.txBytes ?? 0);
    }
    return sums;
  }

  function recordsOf(pod: NodePod): FlowRecord[] {
    return run.records.filter(({ podUid }) => podUid === pod.uid);
  }

  function framesOf(records: readonly FlowRecord[]): number {
    return records.reduce((sum, { packets, reversePackets }) => sum + packets + reversePackets, 0);
  }

  function ping(from: NodePod, to: NodePod, count = 3): void {
    from.namespace.run('ping', '-c', String(count), '-i', '0.02', '-W', '1', to.address);
  }

  beforeEach(async () => {
    network = await NodeNetwork.create();
  });

  afterEach(async () => {
    await backend.stop();
    network.close();
  });

  test.each(['bridged', 'routed'] as const)('a new pod, %s: its first packets are told', async (attachment) => {
    const old = await network.addPod(attachment);
    await start(ENDLESS_MS);
    const fresh = await network.addPod(attachment, { isUp: false });
    await waitFor('the new interface', () => backend.nodeCounters().observedInterfaces.host === 2);
    const before = podTotals([old]);
    network.bringUp(fresh, attachment);
    ping(fresh, old);
    await waitFor('the pod to be known', () => backend.nodeCounters().unnamedInterfaces === 0);
    await delay(SEEN_MS);
    const after = podTotals([old, fresh]);
    await backend.stop();

    const counters = backend.counters();
    expect(toAccounted(counters)).toEqual({ frames: after.frames - before.frames, bytes: after.bytes - before.bytes });
    expect(counters.missedFrames).toBe(0);
    expect(backend.nodeCounters().framesBeforeAttach).toBe(0);
    const told = recordsOf(fresh).filter(({ transport }) => transport === 'icmp');
    expect(framesOf(told)).toBe(6);
    expect(told.map(({ interfaceName, direction }) => [interfaceName, direction])).toEqual([['eth0', 'egress']]);
  });

  test.each(['macvlan', 'ipvlan'] as const)('a new pod, %s: it is found within, its packets are told', async (kind) => {
    if (!network.hasKind(kind)) return void process.stderr.write(`left out: this kernel has no ${kind}\n`);
    const old = await network.addPod(kind);
    await start(ENDLESS_MS);
    const fresh = await network.addPod(kind);
    await waitFor('the new interface', () => backend.nodeCounters().observedInterfaces.pod === 2);
    ping(fresh, old);
    await delay(SEEN_MS);
    await backend.stop();
    const told = recordsOf(fresh).filter(({ transport }) => transport === 'icmp');
    expect(told.map(({ direction, interfaceName }) => [direction, interfaceName])).toEqual([['egress', 'eth0']]);
    expect(framesOf(told)).toBe(6);
  });

  test('a pod on a macvlan is let go soon after its last process, so that its address does not answer any more', async () => {
    const [stays, goes] = [await network.addPod('macvlan'), await network.addPod('macvlan')];
    await start(ENDLESS_MS);
    ping(stays, goes);
    network.removePod(goes);
    await waitFor('it to be let go', () => backend.nodeCounters().observedInterfaces.pod === 1, 3_000);
    await waitFor('its address to be silent', () => {
      try {
        ping(stays, goes, 1);
        return false;
      } catch {
        return true;
      }
    });
    await backend.stop();
    expect(framesOf(recordsOf(goes).filter(({ transport }) => transport === 'icmp'))).toBeGreaterThanOrEqual(6);
  });

  test('a pod that goes under traffic: its flows are told by its name, nothing is counted as missed', async () => {
    const [from, to, other] = [
      await network.addPod('bridged'),
      await network.addPod('bridged'),
      await network.addPod('bridged'),
    ];
    const sink = await startSink(to.namespace, to.address, 10);
    await start(INTERVAL_MS);
    const load = { sourcePorts: 10, destinationPorts: 10, packetsPerSecond: 5_000, seconds: 2, payloadBytes: 100 };
    const floods = [from, other].map((pod) => runFlood(pod.namespace, { ...load, destination: to.address }));
    await delay(1_100);
    network.removePod(from);
    const [, sent] = await Promise.allSettled(floods);
    await delay(SEEN_MS);
    await backend.stop();

    const counters = backend.counters();
    const udp = recordsOf(from).filter(({ transport }) => transport === 'udp');
    expect(framesOf(udp)).toBeGreaterThan(3_000);
    expect(new Set(udp.map(({ sourceAddress }) => sourceAddress))).toEqual(new Set([from.address]));
    expect(framesOf(run.records)).toBe(counters.attributedFrames);
    expect(counters.missedFrames).toBe(0);
    const { frames } = toAccounted(counters);
    // ARP of the interface that went may be counted by the program and not be read any more.
    expect(frames - (counters.interfaceFrames ?? 0)).toBeGreaterThanOrEqual(0);
    expect(frames - (counters.interfaceFrames ?? 0)).toBeLessThan(5);
    expect(backend.nodeCounters().framesAfterLastRead).toBeLessThan(5_000 * 0.5);
    sink.kill();
    const all = sent?.status === 'fulfilled' ? sent.value.sent : 0;
    expect(framesOf(recordsOf(other).filter(({ transport }) => transport === 'udp'))).toBe(all);
  }, 30_000);

  test('an index given anew at once: each pod’s flows are told by its own name', async () => {
    const [old, peer] = [await network.addPod('bridged', { ifindex: 5_000 }), await network.addPod('bridged')];
    await start(ENDLESS_MS);
    ping(old, peer);
    await delay(SEEN_MS);
    network.removePod(old);
    const fresh = await network.addPod('bridged', { ifindex: 5_000 });
    await waitFor('the new interface', () => backend.nodeCounters().observedInterfaces.host === 2);
    await delay(SEEN_MS);
    ping(fresh, peer);
    await waitFor('the pod to be known', () => backend.nodeCounters().unnamedInterfaces === 0);
    await delay(SEEN_MS);
    await backend.stop();
    for (const pod of [old, fresh]) {
      const icmp = recordsOf(pod).filter(({ transport }) => transport === 'icmp');
      expect(framesOf(icmp)).toBe(6);
      expect(new Set(icmp.map(({ sourceAddress }) => sourceAddress))).toEqual(new Set([pod.address]));
    }
    expect(backend.counters().missedFrames).toBe(0);
  });

  test('more link events at once than the kernel keeps: everything is found and nothing kept that has gone', async () => {
    const holder = await network.addPod('bridged');
    await start(ENDLESS_MS);
    const pid = holder.namespace.path.split('/')[2];
    const names = Array.from({ length: 20 }, (_, i) => `many${i}`);
    const add = names.map((name, i) => `link add ${name} type veth peer name in${i} netns ${pid}`);
    const change = Array.from({ length: 3000 }, (_, i) => `link set many${i % 20} mtu ${1400 + (i % 100)}`);
    const remove = names.slice(0, 15).map((name) => `link del ${name}`);
    // In one go: the event loop stands still meanwhile.
    const lines = [...add, ...change, ...remove].join('\n');
    network.node.run('sh', '-c', `ip -batch - << END\n${lines}\nEND`);
    await waitFor('the rest to be found', () => backend.nodeCounters().observedInterfaces.host === 6, 10_000);
    await delay(SEEN_MS);
    expect(backend.nodeCounters()).toMatchObject({ observedInterfaces: { host: 6 }, attachFailures: 0 });
    expect(backend.nodeCounters().linkEventOverruns).toBeGreaterThan(0);
  }, 60_000);

  test('200 pods come and go: no socket, program or name of them stays', async () => {
    const peer = await network.addPod('bridged');
    await start(INTERVAL_MS);
    const pid = peer.namespace.path.split('/')[2];
    const names = Array.from({ length: 10 }, (_, i) => `gone${i}`);
    const add = names.map((name, i) => `ip link add ${name} index ${6000 + i} type veth peer name in${i} netns ${pid}`);
    const remove = names.map((name) => `ip link del ${name}`);
    const comeAndGo = async (rounds: number): Promise<number> => {
      for (let round = 0; round < rounds; round++) {
        network.node.run('sh', '-c', add.join(' && '));
        await waitFor('them to be observed', () => backend.nodeCounters().observedInterfaces.host === 11);
        network.node.run('sh', '-c', remove.join(' && '));
        await waitFor('them to be let go', () => backend.nodeCounters().observedInterfaces.host === 1);
      }
      await delay(INTERVAL_MS * 3.5);
      return countDescriptors();
    };
    const before = await comeAndGo(5);
    expect(await comeAndGo(15)).toBe(before);
    expect(backend.nodeCounters()).toMatchObject({ observedInterfaces: { host: 1, pod: 0 }, attachFailures: 0 });
    expect(backend.resolvePoint(6_000).interfaceName).toBe('if6000');
  }, 90_000);
});

/** Sockets, programs and maps that this process holds open. */
function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
