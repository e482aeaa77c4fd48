import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { KEY_POINT, SEEN } from '../../src/model/flow-delta.ts';
import { USUAL_TUNNEL_PORTS, type TunnelPort } from '../../src/model/tunnel-port.ts';
import { spaced } from '../fixtures/captures/addresses.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { encodePcap } from '../support/capture-writer.ts';
import { DeltaCollector, type CollectedFlow } from '../support/delta-collector.ts';
import { readPcapFrames, sendFrames } from '../support/frame-sender.ts';
import { createPodPair, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** Ethernet captures whose packets are whole, so that they can be sent again. */
const CAPTURES = [
  'tcp.pcap',
  'zero-windows.pcap',
  'protocols.pcap',
  'icmp.pcap',
  'dns.pcap',
  'fragments.pcap',
  'extension-headers.pcap',
  'vlan.pcap',
  'malformed.pcap',
  'tunnels.pcap',
  'no-tunnels.pcap',
] as const;
const ETHERNET_BYTES = 14;
const HOUR_MS = 3_600_000;
const DAMAGED_FRAMES = 4000;
const LONGEST_FRAME = 60_000;

describeWithRights('kernel and TypeScript decoders give the same flow deltas', [], () => {
  let pods: PodPair;

  beforeEach(async () => {
    pods = await createPodPair();
    for (const pod of [pods.client, pods.server]) {
      pod.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
      pod.run('ip', 'addr', 'flush', 'dev', 'eth0');
      pod.run('ip', 'link', 'set', 'eth0', 'mtu', '65535');
    }
    await delay(50);
  });

  afterEach(() => pods.close());

  /** What the file backend says of a capture, in one interval. */
  async function decodeFile(path: URL, decapsulate: readonly TunnelPort[]): Promise<Seen> {
    const collected = new DeltaCollector();
    const options = { path: fileURLToPath(path), intervalMs: HOUR_MS, maxFlows: 10_000, decapsulate };
    const backend = new FileBackend(options, SILENT_LOG);
    collected.describePoint = (point) => describeTunnel(backend, point);
    await backend.start(collected);
    await backend.done;
    await backend.stop();
    return toSeen(collected, backend);
  }

  /** What the kernel program says of the same frames when they leave through a veth. */
  async function observeFrames(frames: readonly Buffer[], decapsulate: readonly TunnelPort[]): Promise<Seen> {
    const collected = new DeltaCollector();
    const where = { interfaceName: 'eth0', namespacePath: pods.client.path };
    const backend = new EbpfBackend({ ...where, intervalMs: HOUR_MS, mapEntries: 10_000, decapsulate }, SILENT_LOG);
    collected.describePoint = (point) => describeTunnel(backend, point);
    await backend.start(collected);
    const monitor = LinkMonitor.open(pods.client.path);
    sendFrames(pods.client.path, monitor.read('eth0')?.ifindex ?? 0, frames);
    monitor.close();
    await backend.stop();
    return toSeen(collected, backend);
  }

  test.each(
    CAPTURES.flatMap((name) => [[name, 'left alone', []] as const, [name, 'looked into', USUAL_TUNNEL_PORTS] as const]),
  )('%s, tunnels %s', async (name, _how, ports) => {
    const path = new URL(`../fixtures/captures/${name}`, import.meta.url);
    const whole = readPcapFrames(path);
    const frames = whole.filter((frame) => frame.length >= ETHERNET_BYTES);
    const fromKernel = await observeFrames(frames, ports);
    const fromFile = await decodeFile(path, ports);
    // The kernel does not send what is shorter than a link header; in a file it is no IP.
    for (const frame of whole.filter((short) => short.length < ETHERNET_BYTES)) {
      fromFile.nonIpFrames--;
      fromFile.nonIpBytes -= frame.length;
    }
    expect(fromKernel).toEqual(fromFile);
    expect(fromFile.flows.size + fromFile.nonIpFrames + fromFile.unattributedFrames).toBeGreaterThan(0);
    expect(sumFrames(fromFile)).toBe(frames.length);
  });

  test('damaged frames, tunnels looked into', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
    const frames = damageFrames(seed);
    const file = new URL(`decoders-agree-${process.pid}.pcap`, pathToFileURL(`${tmpdir()}/`));
    writeFileSync(file, encodePcap(spaced(frames)));
    try {
      const fromKernel = await observeFrames(frames, USUAL_TUNNEL_PORTS);
      const fromFile = await decodeFile(file, USUAL_TUNNEL_PORTS);
      expect({ seed, flows: toDifferent(fromKernel, fromFile) }).toEqual({ seed, flows: [] });
      expect({ seed, ...toRest(fromKernel) }).toEqual({ seed, ...toRest(fromFile) });
      expect([...fromFile.flows.values()].filter((flow) => flow.point !== '').length).toBeGreaterThan(20);
      expect(sumFrames(fromFile)).toBe(frames.length);
    } finally {
      rmSync(file);
    }
  }, 30_000);
});

/** Frames of all captures, each changed a little. */
function damageFrames(seed: number): Buffer[] {
  const folder = new URL('../fixtures/captures/', import.meta.url);
  const mutator = new ByteMutator(
    seededRandom(seed),
    CAPTURES.flatMap((name) => readPcapFrames(new URL(name, folder))),
  );
  const frames = Array.from({ length: DAMAGED_FRAMES }, () => Buffer.from(mutator.next()));
  // One byte more than the link header, which the kernel does not send alone.
  return frames.filter(({ length }) => length > ETHERNET_BYTES && length < LONGEST_FRAME);
}

/** Flows that the two tell differently. */
function toDifferent(fromKernel: Seen, fromFile: Seen): unknown[] {
  const ids = new Set([...fromKernel.flows.keys(), ...fromFile.flows.keys()]);
  const pairs = [...ids].map((id) => [id, fromKernel.flows.get(id), fromFile.flows.get(id)] as const);
  return pairs.filter(([, kernel, file]) => !isDeepStrictEqual(kernel, file));
}

/**
 * What they tell beside flows. Copies are read later than the frames were counted, so of an ICMP error that came before
 * any other frame in its tunnel only the kernel's side knows the point.
 */
function toRest({ flows: _flows, icmpErrors, ...rest }: Seen): object {
  return { ...rest, icmpErrors: icmpErrors.map((error) => ({ ...error, point: '' })) };
}

function describeTunnel(backend: EbpfBackend | FileBackend, point: number): string {
  const { tunnel } = backend.resolvePoint(point);
  return tunnel === undefined ? '' : Object.values(tunnel).join(' ');
}

interface Seen {
  readonly flows: Map<string, CollectedFlow>;
  readonly icmpErrors: readonly object[];
  readonly dnsMessages: readonly object[];
  nonIpFrames: number;
  nonIpBytes: number;
  readonly unattributedFrames: number;
  readonly unattributedBytes: number;
}

/** Times and the direction of frames differ by nature; everything else must be the same. */
function toSeen(collected: DeltaCollector, backend: EbpfBackend | FileBackend): Seen {
  const { nonIpFrames, nonIpBytes, unattributedFrames, unattributedBytes } = backend.counters();
  for (const flow of collected.flows.values())
    for (const side of flow.sides) side.seen &= ~(SEEN.outgoing | SEEN.incoming);
  const icmpErrors = collected.icmpErrors.map((error) => {
    const quotedKey = error.quotedKey.subarray(0, KEY_POINT[error.family]);
    return { ...error, timeNs: 0, quotedKey, point: collected.describePoint(error.point) };
  });
  const dnsMessages = collected.dnsMessages.map((message) => {
    return { ...message, timeNs: 0, point: collected.describePoint(message.point) };
  });
  const read = { icmpErrors, dnsMessages };
  return { flows: collected.flows, ...read, nonIpFrames, nonIpBytes, unattributedFrames, unattributedBytes };
}

function sumFrames({ flows, nonIpFrames, unattributedFrames }: Seen): number {
  const inFlows = [...flows.values()].flatMap((flow) => flow.sides.map((side) => side.frames));
  return inFlows.reduce((sum, frames) => sum + frames, nonIpFrames + unattributedFrames);
}
