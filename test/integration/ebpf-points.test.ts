import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handOverCopiedPacket } from '../../src/capture/ebpf/copied-packet.ts';
import { FilterSocket } from '../../src/capture/ebpf/filter-socket.ts';
import { FlowDrain } from '../../src/capture/ebpf/flow-drain.ts';
import { FlowProgram } from '../../src/capture/ebpf/flow-program.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { DeltaCollector, type CollectedFlow } from '../support/delta-collector.ts';
import { outputOf } from '../support/load.ts';
import { CLIENT_ADDRESS, createPodPair, SERVER_ADDRESS, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';

const OWN_NUMBER = 0x4000_0007;
const CLOSED_PORT = 9;
const UDP = 17;

describeWithRights('flow program at several points', ['ping'], () => {
  let pods: PodPair;
  let collected: DeltaCollector;
  let drain: FlowDrain;
  let programs: FlowProgram[];
  let sockets: FilterSocket[];

  beforeEach(async () => {
    collected = new DeltaCollector();
    pods = await createPodPair();
    programs = [FlowProgram.load({ mapEntries: 1024, isLoopback: false, points: 'by_interface' })];
    const [first] = programs as [FlowProgram];
    drain = await FlowDrain.create(first);
    programs.push(FlowProgram.load({ mapEntries: 1024, isLoopback: false, points: OWN_NUMBER, shareMapsOf: first }));
    sockets = [];
  });

  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await drain.drainLast(() => undefined);
    for (const program of programs.toReversed()) program.close();
    pods.close();
  });

  /** Observes eth0 of a pod; returns its index and what it had counted. */
  function observe(path: string, program: FlowProgram | undefined): { ifindex: number; frames: number; bytes: number } {
    const monitor = LinkMonitor.open(path);
    const link = monitor.read('eth0');
    monitor.close();
    if (link === undefined || program === undefined) throw new RangeError('no eth0, or no program');
    const socket = new FilterSocket(program, path);
    socket.bind(link.ifindex);
    sockets.push(socket);
    return { ifindex: link.ifindex, frames: link.rxFrames + link.txFrames, bytes: link.rxBytes + link.txBytes };
  }

  function counted(path: string): { frames: number; bytes: number } {
    const monitor = LinkMonitor.open(path);
    const link = monitor.read('eth0');
    monitor.close();
    return {
      frames: (link?.rxFrames ?? 0) + (link?.txFrames ?? 0),
      bytes: (link?.rxBytes ?? 0) + (link?.txBytes ?? 0),
    };
  }

  /** Five echoes, and a datagram that is refused. */
  async function exchange(): Promise<void> {
    pods.client.run('ping', '-c', '5', '-i', '0.02', SERVER_ADDRESS);
    const script = `require('dgram').createSocket('udp4').send('x', ${CLOSED_PORT}, '${SERVER_ADDRESS}', () => process.exit())`;
    await outputOf(pods.client.spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  function readCopies(): void {
    for (const socket of sockets)
      socket.readCopies((packet, point) => handOverCopiedPacket(packet, 1, point, collected));
  }

  test('interfaces of one namespace by their index, one of another by its number: counted into the same maps', async () => {
    const client = observe(pods.client.path, programs[0]);
    const server = observe(pods.server.path, programs[1]);
    await exchange();
    readCopies();
    await drain.drain((batch) => collected.deltas(batch));

    const flows = [...collected.flows.values()];
    const echoes = flows.filter((flow) => flow.protocol === 1 && flow.kind === 0);
    expect(echoes).toHaveLength(2);
    expect(framesByPoint(echoes)).toEqual({ [OWN_NUMBER]: [5, 5], [client.ifindex]: [5, 5] });
    const refused = flows.filter((flow) => flow.protocol === UDP && flow.ports.includes(CLOSED_PORT));
    expect(new Set(Object.keys(framesByPoint(refused)))).toEqual(new Set([`${OWN_NUMBER}`, `${client.ifindex}`]));
    expect(collected.icmpErrors.map((error) => [error.point, error.type, error.code])).toEqual([
      [client.ifindex, 3, 3],
      [OWN_NUMBER, 3, 3],
    ]);
    // Each error is of a flow at its own point, which its key names.
    for (const { point, quotedKey } of collected.icmpErrors)
      expect(Buffer.from(quotedKey).readUInt32LE(16)).toBe(point);

    const after = [counted(pods.client.path), counted(pods.server.path)] as const;
    const { nonIpFrames, nonIpBytes, unattributedFrames } = programs[0]?.counters() ?? {};
    expect(programs[1]?.counters()).toEqual(programs[0]?.counters());
    expect(unattributedFrames).toBe(0);
    expect({
      frames: collected.frames + (nonIpFrames ?? 0),
      bytes: collected.bytes + (nonIpBytes ?? 0),
    }).toEqual({
      frames: after[0].frames - client.frames + after[1].frames - server.frames,
      bytes: after[0].bytes - client.bytes + after[1].bytes - server.bytes,
    });
  });

  test('a program that shares ends without those that it shares with', async () => {
    observe(pods.server.path, programs[1]);
    pods.client.run('ping', '-c', '2', '-i', '0.02', SERVER_ADDRESS);
    sockets.pop()?.close();
    programs.pop()?.close();
    const client = observe(pods.client.path, programs[0]);
    pods.server.run('ping', '-c', '3', '-i', '0.02', CLIENT_ADDRESS);
    await drain.drain((batch) => collected.deltas(batch));
    const echoes = [...collected.flows.values()].filter((flow) => flow.kind === 0);
    expect(framesByPoint(echoes)).toEqual({ [OWN_NUMBER]: [2, 2], [client.ifindex]: [3, 3] });
  });
});

/** Point → what each side of its flow sent. */
function framesByPoint(flows: readonly CollectedFlow[]): Record<string, number[]> {
  return Object.fromEntries(flows.map((flow) => [flow.point, flow.sides.map((side) => side.frames)]));
}
