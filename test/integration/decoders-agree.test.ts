import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EbpfBackend } from '../../src/capture/ebpf/ebpf-backend.ts';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { LinkMonitor } from '../../src/capture/interface/link-monitor.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { SEEN } from '../../src/model/flow-delta.ts';
import { DeltaCollector, type CollectedFlow } from '../support/delta-collector.ts';
import { readPcapFrames, sendFrames } from '../support/frame-sender.ts';
import { createPodPair, type PodPair } from '../support/pod-pair.ts';
import { describeWithRights } from '../support/requirements.ts';

/** Ethernet captures whose packets are whole, so that they can be sent again. */
const CAPTURES = [
  'tcp.pcap',
  'protocols.pcap',
  'icmp.pcap',
  'dns.pcap',
  'fragments.pcap',
  'extension-headers.pcap',
  'vlan.pcap',
  'malformed.pcap',
] as const;
const ETHERNET_BYTES = 14;
const HOUR_MS = 3_600_000;

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
  async function decodeFile(path: URL): Promise<Seen> {
    const collected = new DeltaCollector();
    const options = { path: fileURLToPath(path), intervalMs: HOUR_MS, maxFlows: 10_000 };
    const backend = new FileBackend(options, SILENT_LOG);
    await backend.start(collected);
    await backend.done;
    await backend.stop();
    return toSeen(collected, backend);
  }

  /** What the kernel program says of the same frames when they leave through a veth. */
  async function observeFrames(frames: readonly Buffer[]): Promise<Seen> {
    const collected = new DeltaCollector();
    const options = { interfaceName: 'eth0', namespacePath: pods.client.path, intervalMs: HOUR_MS, mapEntries: 10_000 };
    const backend = new EbpfBackend(options, SILENT_LOG);
    await backend.start(collected);
    const monitor = LinkMonitor.open(pods.client.path);
    sendFrames(pods.client.path, monitor.read('eth0')?.ifindex ?? 0, frames);
    monitor.close();
    await backend.stop();
    return toSeen(collected, backend);
  }

  test.each(CAPTURES)('%s', async (name) => {
    const path = new URL(`../fixtures/captures/${name}`, import.meta.url);
    const whole = readPcapFrames(path);
    const frames = whole.filter((frame) => frame.length >= ETHERNET_BYTES);
    const fromKernel = await observeFrames(frames);
    const fromFile = await decodeFile(path);
    // The kernel does not send what is shorter than a link header; in a file it is no IP.
    for (const frame of whole.filter((short) => short.length < ETHERNET_BYTES)) {
      fromFile.nonIpFrames--;
      fromFile.nonIpBytes -= frame.length;
    }
    expect(fromKernel).toEqual(fromFile);
    expect(fromFile.flows.size + fromFile.nonIpFrames + fromFile.unattributedFrames).toBeGreaterThan(0);
    expect(sumFrames(fromFile)).toBe(frames.length);
  });
});

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
  const icmpErrors = collected.icmpErrors.map((error) => ({ ...error, timeNs: 0 }));
  const dnsMessages = collected.dnsMessages.map((message) => ({ ...message, timeNs: 0 }));
  const read = { icmpErrors, dnsMessages };
  return { flows: collected.flows, ...read, nonIpFrames, nonIpBytes, unattributedFrames, unattributedBytes };
}

function sumFrames({ flows, nonIpFrames, unattributedFrames }: Seen): number {
  const inFlows = [...flows.values()].flatMap((flow) => flow.sides.map((side) => side.frames));
  return inFlows.reduce((sum, frames) => sum + frames, nonIpFrames + unattributedFrames);
}
