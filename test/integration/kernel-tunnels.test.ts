import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FilterSocket } from '../../src/capture/ebpf/filter-socket.ts';
import { FlowDrain } from '../../src/capture/ebpf/flow-drain.ts';
import { FlowProgram } from '../../src/capture/ebpf/flow-program.ts';
import { KernelTunnels } from '../../src/capture/ebpf/kernel-tunnels.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { TunnelPoints } from '../../src/capture/tunnel-points.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import { USUAL_TUNNEL_PORTS } from '../../src/model/tunnel-port.ts';
import { DeltaCollector } from '../support/delta-collector.ts';
import { sendFrames } from '../support/frame-sender.ts';
import { ethernet, ipv4, udp, vxlan } from '../support/packet-builder.ts';
import { createPodPair, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';

const MAX_TUNNELS = 16_384;
const MINUTE_MS = 60_000;
const INNER = ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(5, 6, 'inner')));

function frame(id: number): Buffer {
  const fields = { source: '192.0.2.1', destination: '192.0.2.2', protocol: 17 };
  return ethernet(ipv4(fields, udp(50_000, 4789, vxlan(id, INNER))));
}

describeWithRights('tunnels that the flow program has numbered', [], () => {
  let pods: PodPair;
  let program: FlowProgram;
  let socket: FilterSocket;
  let drain: FlowDrain;
  let tunnels: KernelTunnels;
  let points: TunnelPoints;
  let ifindex: number;

  beforeEach(async () => {
    pods = await createPodPair();
    program = FlowProgram.load({
      mapEntries: 40_000,
      isLoopback: false,
      points: 'one',
      decapsulate: USUAL_TUNNEL_PORTS,
    });
    drain = await FlowDrain.create(program);
    socket = new FilterSocket(program, pods.client.path);
    const monitor = LinkMonitor.open(pods.client.path);
    ifindex = monitor.read('eth0')?.ifindex ?? 0;
    monitor.close();
    socket.bind(ifindex);
    tunnels = new KernelTunnels(program, USUAL_TUNNEL_PORTS);
    points = new TunnelPoints((number) => tunnels.find(number), createPodPoint('eth0'));
  });

  afterEach(async () => {
    socket.close();
    await drain.drainLast(() => undefined);
    program.close();
    pods.close();
  });

  /** Network identifiers of the flows that frames made, -1 for one outside; each flow is named as a record would do. */
  async function observe(frames: readonly Buffer[]): Promise<number[]> {
    const collected = new DeltaCollector();
    collected.describePoint = (point) => String(points.resolve(point).tunnel?.id ?? -1);
    sendFrames(pods.client.path, ifindex, frames);
    await drain.drain((batch) => collected.deltas(batch));
    expect(collected.frames).toBe(frames.length);
    return [...collected.flows.values()].map((flow) => Number(flow.point)).toSorted((a, b) => a - b);
  }

  test('are read when they come up, and each is told as what it is', async () => {
    const ids = Array.from({ length: 5000 }, (_, i) => i);
    expect(await observe(ids.map(frame))).toEqual(ids);
    expect(await observe([frame(9_000_000), frame(3)])).toEqual([3, 9_000_000]);
    expect(program.counters().tunnels).toBe(5001);
  }, 30_000);

  test('when there are too many, frames count outside; unused ones make room after a quarter of an hour', async () => {
    const ids = Array.from({ length: MAX_TUNNELS + 100 }, (_, i) => i);
    expect(await observe(ids.map(frame))).toEqual([-1, ...ids.slice(0, MAX_TUNNELS)]);
    expect(program.counters()).toMatchObject({ tunnels: MAX_TUNNELS, unattributedFrames: 0 });
    const nowMs = Date.now();
    tunnels.prune(nowMs);
    tunnels.prune(nowMs + 14 * MINUTE_MS);
    // In use all the while: what is named between two calls stays.
    expect(await observe([frame(7), frame(16_400)])).toEqual([-1, 7]);
    tunnels.prune(nowMs + 16 * MINUTE_MS);
    expect(await observe([frame(7), frame(8), frame(16_400)])).toEqual([7, 8, 16_400]);
    expect(program.counters().tunnels).toBe(MAX_TUNNELS + 2);
  }, 60_000);

  test('few are kept however long they are silent', async () => {
    await observe([frame(1)]);
    tunnels.prune(Date.now() + 1000 * MINUTE_MS);
    tunnels.prune(Date.now() + 2000 * MINUTE_MS);
    expect(await observe([frame(1)])).toEqual([1]);
    expect(program.counters().tunnels).toBe(1);
  });

  test('after the end of the program only what was met is known', async () => {
    await observe([frame(1)]);
    program.close();
    expect([tunnels.find(1)?.tunnel.id, tunnels.find(2)]).toEqual([1, undefined]);
    program = FlowProgram.load({ mapEntries: 16, isLoopback: false, points: 'one' });
  });
});
