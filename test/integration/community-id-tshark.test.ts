import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import type { RecordStage } from '../../src/model/stage.ts';
import { USUAL_TUNNEL_PORTS } from '../../src/model/tunnel-port.ts';
import { FlowPipeline } from '../../src/roles/flow-pipeline.ts';
import { StageCounters } from '../../src/lib/stage-counters.ts';
import { describeWithTools } from '../support/requirements.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const INTERVAL_MS = 10_000;

/** Sums the packets of records by their Community ID. */
class PacketsById implements RecordStage {
  readonly name = 'packets by id';
  readonly packets = new Map<string, number>();
  start = (): Promise<void> => Promise.resolve();
  stop = (): Promise<void> => Promise.resolve();
  account = (): StageCounters => new StageCounters();

  accept(records: readonly FlowRecord[]): void {
    for (const { communityId, packets, reversePackets } of records)
      this.packets.set(communityId, (this.packets.get(communityId) ?? 0) + packets + reversePackets);
  }
}

async function replay(path: string): Promise<Map<string, number>> {
  const stage = new PacketsById();
  const options = { intervalMs: INTERVAL_MS, idleTimeoutMs: 60_000, activeTimeoutMs: 3_600_000, maxFlows: 10_000 };
  const resolvePoint = createPodPoint('eth0');
  const pipeline = new FlowPipeline({ ...options, ownAddresses: [], resolvePoint }, [stage]);
  const backend = new FileBackend(
    { path, intervalMs: INTERVAL_MS, maxFlows: 10_000, decapsulate: USUAL_TUNNEL_PORTS },
    SILENT_LOG,
  );
  await backend.start(pipeline.sink);
  await backend.done.catch(() => undefined);
  await backend.stop();
  return stage.packets;
}

/**
 * Packets on whose id tshark and podflow differ by choice: tshark tells the id of what a tunnel or AH carries, takes
 * a UDP-Lite header for UDP's, gives fragments an id without ports, and hashes cut headers as if there were no ports.
 * What it looks into of tunnels that are wrong is left out as a whole.
 */
const SAME_BY_CHOICE =
  '(tcp or udp or sctp or icmp or icmpv6) and not (gre or ah or udplite or ip.fragment or ip.flags.mf == 1 or ' +
  'ip.frag_offset > 0 or ipv6.fraghdr or _ws.malformed or _ws.short)';

/** tshark's id of each packet: of the packet in a tunnel. One that carries another (an ICMP error) has its own first. */
function askTshark(path: string, filter: readonly string[]): Map<string, number> {
  const tunnels = path.endsWith('no-tunnels.pcap') ? NO_TUNNELS : ['-d', 'udp.port==8472,vxlan'];
  const fields = ['-T', 'fields', '-e', 'communityid'];
  const args = ['-r', path, '--enable-protocol', 'communityid', ...tunnels, ...fields, ...filter];
  // It ends with a status of its own for captures that are cut in the middle of a packet.
  const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
  const packets = new Map<string, number>();
  for (const line of stdout.split('\n')) {
    const [id = ''] = line.split(',');
    if (id !== '') packets.set(id, (packets.get(id) ?? 0) + 1);
  }
  return packets;
}

const NO_TUNNELS = ['--disable-protocol', 'vxlan', '--disable-protocol', 'geneve'];

const EQUAL = [
  ...['cooked-v2.pcap', 'cooked.pcap', 'exact-times.pcap', 'icmp.pcap', 'loop.pcap', 'null.pcap', 'raw.pcap'],
  ...['sections.pcapng', 'super-frames.pcap', 'tcp.pcap'],
];
const captures = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name));

describeWithTools('Community IDs of the captures are those of tshark', ['tshark'], () => {
  test.each(captures.filter((name) => EQUAL.includes(name)))('%s: for every packet', async (name) => {
    const path = `${FOLDER}${name}`;
    expect(await replay(path)).toEqual(askTshark(path, []));
  });

  test.each(captures.filter((name) => !EQUAL.includes(name)))('%s: wherever they mean the same', async (name) => {
    const path = `${FOLDER}${name}`;
    const ours = await replay(path);
    for (const [id, packets] of askTshark(path, ['-Y', SAME_BY_CHOICE]))
      expect({ id, packets: Math.min(ours.get(id) ?? 0, packets) }).toEqual({ id, packets });
  });

  test('both see enough to compare', async () => {
    const compared = captures.map((name) => askTshark(`${FOLDER}${name}`, ['-Y', SAME_BY_CHOICE]).size);
    expect(compared.filter((size) => size > 0).length).toBeGreaterThan(12);
  });
});
