import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { expect, test } from '@jest/globals';
import { FileBackend } from '../../src/capture/file/file-backend.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { USUAL_TUNNEL_PORTS } from '../../src/model/tunnel-port.ts';
import { FRAGMENT_PORT } from '../fixtures/captures/tunnel-captures.ts';
import { CollectingSink, type ReadDelta, type ReadSide } from '../support/collecting-sink.ts';
import { describeWithTools } from '../support/requirements.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const CAPTURES = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name));

/** `sender>receiver` with ports or ICMP type → what was sent that way. */
type Sent = Map<string, { frames: number; bytes: number; retransmits: number }>;

function addSent(sent: Sent, key: string, frames: number, bytes: number, retransmits: number): void {
  const sum = sent.get(key) ?? { frames: 0, bytes: 0, retransmits: 0 };
  sent.set(key, {
    frames: sum.frames + frames,
    bytes: sum.bytes + bytes,
    retransmits: sum.retransmits + retransmits,
  });
}

async function replay(name: string, isInside = false): Promise<{ sink: CollectingSink; backend: FileBackend }> {
  const sink = new CollectingSink();
  const decapsulate = isInside ? USUAL_TUNNEL_PORTS : [];
  const options = { path: `${FOLDER}${name}`, intervalMs: 10_000, maxFlows: 10_000, decapsulate };
  const backend = new FileBackend(options, SILENT_LOG);
  await backend.start(sink);
  await backend.done;
  return { sink, backend };
}

/** What podflow says was sent, by protocol (6, 17, 132: with ports; 1, 58: by type). */
function toSent(deltas: readonly ReadDelta[], protocols: readonly number[]): Sent {
  const sent: Sent = new Map();
  for (const { key, sides } of deltas) {
    const [a = '', portA = '', b = '', portB = '', protocol, kind] = key.split('|');
    if (!protocols.includes(Number(protocol)) || kind === '1') continue;
    const isIcmp = protocol === '1' || protocol === '58';
    const ends = [
      [a, portA, b, portB],
      [b, portB, a, portA],
    ] as const;
    for (const [i, [from, fromPort, to, toPort]] of ends.entries()) {
      const side = sides[i] as ReadSide;
      const text = isIcmp ? `${from}>${to} type ${fromPort}` : `${from}:${fromPort}>${to}:${toPort} ${protocol}`;
      if (side.frames > 0) addSent(sent, text, side.frames, side.bytes, side.retransmits);
    }
  }
  return sent;
}

const FIELDS = [
  ...['frame.len', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport', 'udp.srcport'],
  ...[
    'udp.dstport',
    'sctp.srcport',
    'sctp.dstport',
    'icmp.type',
    'icmpv6.type',
    'tcp.analysis.retransmission',
    'tcp.analysis.ack_rtt',
    'frame.protocols',
  ],
] as const;
type Row = Record<(typeof FIELDS)[number], string>;

/** One row for each packet that passes the filter; of nested headers the outer one, or the innermost. */
function askTshark(name: string, filter: string, isInside = false): Row[] {
  const options = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.analyze_sequence_numbers:TRUE'];
  const off = ['dns', 'mdns', 'm3ua', 'quic', ...(isInside ? [] : ['vxlan', 'geneve'])];
  const args = [
    ...[
      '-r',
      `${FOLDER}${name}`,
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      `occurrence=${isInside ? 'l' : 'f'}`,
      '-E',
      'separator=|',
    ],
    ...['-d', 'udp.port==8472,vxlan'],
    ...options.flatMap((option) => ['-o', option]),
    ...off.flatMap((protocol) => ['--disable-protocol', protocol]),
    ...FIELDS.flatMap((field) => ['-e', field]),
  ];
  // It ends with a status of its own for captures that are cut in the middle of a packet.
  const { stdout } = spawnSync('tshark', args, { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.includes('|'));
  return lines.map((line) => {
    const values = line.split('|');
    return Object.fromEntries(FIELDS.map((field, i) => [field, values[i] ?? ''])) as Row;
  });
}

/** Eight groups without shortening, as CollectingSink writes them; of IPv4 in IPv6 or the reverse the inner one. */
function toText(ipv4: string, ipv6: string, protocols: string): string {
  const isIpv6 = ipv6 !== '' && (ipv4 === '' || protocols.lastIndexOf(':ipv6') > protocols.lastIndexOf(':ip:'));
  return isIpv6 ? ipaddr.parse(ipv6).toNormalizedString() : ipv4;
}

function isWhole({ key }: ReadDelta): boolean {
  return !key.split('|').includes(String(FRAGMENT_PORT));
}

function toTsharkSent(rows: readonly Row[]): Sent {
  const sent: Sent = new Map();
  for (const row of rows) {
    const from = toText(row['ip.src'], row['ipv6.src'], row['frame.protocols']);
    const to = toText(row['ip.dst'], row['ipv6.dst'], row['frame.protocols']);
    const type = row['icmp.type'] || row['icmpv6.type'];
    const protocol = row['tcp.srcport'] === '' ? (row['udp.srcport'] === '' ? 132 : 17) : 6;
    const fromPort = row['tcp.srcport'] || row['udp.srcport'] || row['sctp.srcport'];
    const toPort = row['tcp.dstport'] || row['udp.dstport'] || row['sctp.dstport'];
    const key = type === '' ? `${from}:${fromPort}>${to}:${toPort} ${protocol}` : `${from}>${to} type ${type}`;
    addSent(sent, key, 1, Number(row['frame.len']), row['tcp.analysis.retransmission'] === '' ? 0 : 1);
  }
  return sent;
}

/** What tshark looks into and podflow does not, or the other way round. */
const TUNNELS = 'gre or (ip and ah) or udplite or vlan.id == 3';
const FRAGMENTS = 'ip.flags.mf == 1 or ip.frag_offset > 0 or ipv6.fraghdr.offset > 0 or ipv6.fraghdr.more == 1';
const WITH_PORTS = `(tcp or udp or sctp) and not (icmp or icmpv6 or _ws.malformed or ${TUNNELS} or ${FRAGMENTS})`;
const OF_ICMP = `(icmp or icmpv6) and not (_ws.malformed or ${FRAGMENTS})`;

describeWithTools('the file backend agrees with tshark', ['tshark'], () => {
  test.each(CAPTURES)('%s: every frame and byte is counted once', async (name) => {
    const { sink, backend } = await replay(name);
    // tshark shows a custom block of pcapng as if it were a packet.
    const packets = askTshark(name, 'not frame.protocols == "data"');
    const { attributedFrames, unattributedFrames, nonIpFrames, ...rest } = backend.counters();
    expect(attributedFrames + unattributedFrames + nonIpFrames).toBe(packets.length);
    expect(rest.attributedBytes + rest.unattributedBytes + rest.nonIpBytes).toBe(
      packets.reduce((sum, row) => sum + Number(row['frame.len']), 0),
    );
    const told = sink.all().flatMap(({ sides }) => sides.map((side) => side.frames));
    expect(told.reduce((sum, frames) => sum + frames, 0)).toBe(attributedFrames);
  });

  // dns.pcap holds a fragmented answer too, whose ports tshark tells only with its last fragment.
  test.each(CAPTURES.filter((name) => !/fragments|malformed|icmp|dns|no-tunnels/.test(name)))(
    '%s: frames, bytes and retransmissions by sender, receiver and ports',
    async (name) => {
      const { sink } = await replay(name);
      const expected = toTsharkSent(askTshark(name, WITH_PORTS));
      expect(toSent(sink.all(), [6, 17, 132])).toEqual(expected);
      expect(expected.size).toBeGreaterThan(0);
    },
  );

  test('tunnels.pcap: the same of what is inside', async () => {
    const { sink } = await replay('tunnels.pcap', true);
    const expected = toTsharkSent(askTshark('tunnels.pcap', WITH_PORTS, true));
    expect(toSent(sink.all().filter(isWhole), [6, 17, 132])).toEqual(expected);
    expect([...expected.keys()].filter((text) => text.startsWith('192.0.2.'))).toEqual([]);
  });

  test('no-tunnels.pcap: looked for and not found', async () => {
    const { sink } = await replay('no-tunnels.pcap', true);
    const expected = toTsharkSent(askTshark('no-tunnels.pcap', WITH_PORTS));
    expect(toSent(sink.all().filter(isWhole), [6, 17, 132])).toEqual(expected);
  });

  test('tcp.pcap: time from SYN to SYN-ACK', async () => {
    const { sink } = await replay('tcp.pcap');
    const ours = sink.all().flatMap(({ key, sides: [a, b] }) => {
      const [, portA, , portB] = key.split('|');
      const latencyNs = Number(a.synNs > b.synNs ? a.synNs - b.synNs : b.synNs - a.synNs);
      return a.synNs === 0n || b.synNs === 0n ? [] : [`${Math.max(Number(portA), Number(portB))} ${latencyNs}`];
    });
    const theirs = askTshark('tcp.pcap', 'tcp.flags.syn == 1 and tcp.flags.ack == 1 and frame.number < 57').map(
      (row) => `${row['tcp.dstport']} ${Math.round(Number(row['tcp.analysis.ack_rtt']) * 1e9)}`,
    );
    expect(ours.toSorted()).toEqual(theirs.toSorted());
    expect(theirs).toHaveLength(7);
  });

  test.each(['icmp.pcap', 'snapped.pcap'])('%s: ICMP by sender, receiver and type', async (name) => {
    const { sink } = await replay(name);
    const expected = toTsharkSent(askTshark(name, OF_ICMP));
    expect(toSent(sink.all(), [1, 58])).toEqual(expected);
    expect(expected.size).toBeGreaterThan(15);
  });

  test('fragments.pcap: whole packets and all fragments by address pair and protocol', async () => {
    const { sink } = await replay('fragments.pcap');
    const byPair = new Map<string, number>();
    for (const { key, sides } of sink.all()) {
      const [a, , b] = key.split('|');
      byPair.set(`${a} ${b}`, (byPair.get(`${a} ${b}`) ?? 0) + sides[0].bytes + sides[1].bytes);
    }
    const sum = (filter: string): number =>
      askTshark('fragments.pcap', filter).reduce((bytes, row) => bytes + Number(row['frame.len']), 0);
    expect([...byPair]).toEqual([
      ['10.0.0.1 10.0.0.2', sum('ip')],
      ['fd00:0:0:0:0:0:0:1 fd00:0:0:0:0:0:0:2', sum('ipv6')],
    ]);
  });

  test('malformed.pcap: what tshark finds malformed is in no flow', async () => {
    const { sink, backend } = await replay('malformed.pcap');
    expect(sink.all()).toEqual([]);
    expect(backend.counters()).toMatchObject({ unattributedFrames: 13, nonIpFrames: 1 });
  });
});
