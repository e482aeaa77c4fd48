import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { LINK_TYPE } from '../../src/capture/packet/link-type.ts';
import { PacketAggregator } from '../../src/capture/packet/packet-aggregator.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { CaptureSink } from '../../src/model/capture.ts';
import { encodePcap, PcapngWriter, type CapturedPacket } from '../support/capture-writer.ts';
import { ethernet, ipv4, ipv6, PROTOCOL, tcp, udp } from '../support/packet-builder.ts';
import { atLeast } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { tellProgress } from './support/progress.ts';
import { toSpread, type Spread } from './support/spread.ts';

/**
 * Packets that one core decodes and aggregates in a second: from memory, by kind and number of flows, and from capture
 * files. `node test/bench/decode.ts` prints one JSON document.
 */
const ROUNDS = 5;
const PACKETS = 2_000_000;
/** A round hands over as often as a busy interval does. */
const PACKETS_A_DRAIN = 500_000;
const FILE_PACKETS = 1_000_000;
const FILE_FLOWS = 2000;
const MAX_FLOWS = 65_536;
const START_NS = 1_700_000_000_000_000_000n;
const GOAL_PACKETS_A_SECOND = 1e6;

type Kind = 'udp4' | 'tcp4' | 'tcp6' | 'vlan4';

/** One frame each of so many flows; every other one goes back. */
function createFrames(kind: Kind, flows: number): Buffer[] {
  return Array.from({ length: flows }, (_, i) => {
    const isReply = i % 2 === 1;
    const ports: [number, number] = isReply ? [443, 10_000 + (i % 50_000)] : [10_000 + (i % 50_000), 443];
    const segment = { sourcePort: ports[0], destinationPort: ports[1], sequence: i, acknowledgement: i, flags: 'PA' };
    const [own, other] =
      kind === 'tcp6' ? [`fd00::${(i >> 8).toString(16)}`, 'fd00::ffff:1'] : ['10.1.2.3', `10.0.${i >> 12}.1`];
    const ends = isReply ? { source: other, destination: own } : { source: own, destination: other };
    if (kind === 'tcp6') return ethernet(ipv6({ ...ends, nextHeader: PROTOCOL.tcp }, tcp(segment, Buffer.alloc(100))));
    if (kind === 'udp4') return ethernet(ipv4({ ...ends, protocol: PROTOCOL.udp }, udp(...ports, Buffer.alloc(100))));
    const packet = ipv4({ ...ends, protocol: PROTOCOL.tcp }, tcp(segment, Buffer.alloc(100)));
    return ethernet(packet, { tags: kind === 'vlan4' ? [{ id: 7 }] : [] });
  });
}

class CountingSink implements CaptureSink {
  flows = 0;
  deltas: CaptureSink['deltas'] = (batch) => {
    this.flows += batch.count;
  };
  icmpError = (): void => undefined;
  dnsMessage = (): void => undefined;
  drained = (): void => undefined;
  intervalEnd = (): Promise<void> => Promise.resolve();
}

/** Packets a second of CPU time: another program's use of the core does not show. */
function toRate(packets: number, before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return Math.round(packets / ((user + system) / 1e6));
}

function aggregate(bytes: Uint8Array, ends: Uint32Array): number {
  const sink = new CountingSink();
  const aggregator = new PacketAggregator({ maxFlows: MAX_FLOWS }, sink);
  const before = process.cpuUsage();
  let frame = 0;
  for (let n = 1; n <= PACKETS; n++) {
    const start = frame === 0 ? 0 : (ends[frame - 1] as number);
    const end = ends[frame] as number;
    aggregator.add(bytes, start, end, end - start, 86_400e9 + n * 1000, LINK_TYPE.ethernet);
    frame = frame + 1 === ends.length ? 0 : frame + 1;
    if (n % PACKETS_A_DRAIN === 0) aggregator.drain();
  }
  assert.equal(aggregator.counters().attributedFrames, PACKETS);
  return toRate(PACKETS, before);
}

function measureMemory(kind: Kind, flows: number): Spread {
  tellProgress(`decode: ${kind}, ${flows} flows`);
  const frames = createFrames(kind, flows);
  const bytes = Buffer.concat(frames);
  let end = 0;
  const ends = Uint32Array.from(frames, (frame) => (end += frame.length));
  aggregate(bytes, ends);
  return toSpread(Array.from({ length: ROUNDS }, () => aggregate(bytes, ends)));
}

async function replay(path: string): Promise<number> {
  const backend = new FileBackend({ path, intervalMs: 10_000, maxFlows: MAX_FLOWS }, SILENT_LOG);
  const before = process.cpuUsage();
  await backend.start(new CountingSink());
  await backend.done;
  assert.equal(backend.counters().attributedFrames, FILE_PACKETS);
  return toRate(FILE_PACKETS, before);
}

/** A file of the header, and the packets over and over. */
async function measureFile(path: string, header: Buffer, packets: Buffer): Promise<Spread> {
  tellProgress(`decode: ${path}`);
  writeFileSync(path, header);
  for (let n = 0; n < FILE_PACKETS; n += FILE_FLOWS) appendFileSync(path, packets);
  await replay(path);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await replay(path));
  return toSpread(rates);
}

async function measureFiles(): Promise<Record<'pcap' | 'pcapng', Spread>> {
  const packets: CapturedPacket[] = createFrames('tcp4', FILE_FLOWS).map((bytes, i) => ({
    timeNs: START_NS + BigInt(i) * 100_000n,
    bytes,
  }));
  const folder = mkdtempSync(join(tmpdir(), 'podflow-decode-'));
  try {
    const writer = new PcapngWriter().section().interface({ resolution: 9 });
    const [pcap, pcapng] = [encodePcap([]), writer.encode()];
    for (const packet of packets) writer.packet(0, packet);
    const pcapPackets = encodePcap(packets).subarray(pcap.length);
    return {
      pcap: await measureFile(join(folder, 'bench.pcap'), pcap, pcapPackets),
      pcapng: await measureFile(join(folder, 'bench.pcapng'), pcapng, writer.encode().subarray(pcapng.length)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const packetsPerCpuSecond = {
  udp4With2000Flows: measureMemory('udp4', 2000),
  tcp4With2000Flows: measureMemory('tcp4', 2000),
  tcp4With50000Flows: measureMemory('tcp4', 50_000),
  tcp6With2000Flows: measureMemory('tcp6', 2000),
  vlan4With2000Flows: measureMemory('vlan4', 2000),
  ...(await measureFiles()),
};
const slowest = Math.min(...Object.values(packetsPerCpuSecond).map(({ median }) => median));
process.stdout.write(
  `${JSON.stringify({
    name: 'decode',
    machine: readMachine(),
    figures: { packetsPerCpuSecond },
    goals: { slowestPacketsPerCpuSecond: atLeast(GOAL_PACKETS_A_SECOND, slowest) },
  })}\n`,
);
