import { describe, expect, test } from '@jest/globals';
import { AggregatedPoints } from '../../../src/capture/aggregated-points.ts';
import { LINK_TYPE } from '../../../src/capture/packet/link-type.ts';
import { PacketAggregator } from '../../../src/capture/packet/packet-aggregator.ts';
import { POINT_IS_TUNNEL } from '../../../src/model/flow-delta.ts';
import { USUAL_TUNNEL_PORTS, type TunnelPort } from '../../../src/model/tunnel-port.ts';
import { outerOnly } from '../../fixtures/captures/tunnel-captures.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import {
  cooked,
  ethernet,
  extensionHeader,
  geneve,
  icmp,
  ipv4,
  ipv6,
  sctp,
  tcp,
  udp,
  vxlan,
} from '../../support/packet-builder.ts';

const LOW = '10.0.0.1';
const HIGH = '10.0.0.2';
/** Unlike the pods, the one of the lower pod is the higher. */
const LOW_END = '192.0.2.200';
const HIGH_END = '192.0.2.100';
const NXDOMAIN = Buffer.from('123481830000000000000000', 'hex');

type Ends = readonly [source: string, destination: string];
const THERE: Ends = [LOW_END, HIGH_END];
const BACK: Ends = [HIGH_END, LOW_END];

function carry4([source, destination]: Ends, payload: Buffer, port = 4789): Buffer {
  return ethernet(ipv4({ source, destination, protocol: 17 }, udp(51_515, port, payload)));
}

function carry6(payload: Buffer, port: number): Buffer {
  return ethernet(
    ipv6({ source: '2001:db8::b', destination: '2001:db8::a', nextHeader: 17 }, udp(51_515, port, payload)),
  );
}

/** What one interface saw, and the names of its points. */
class Observed {
  readonly sink = new CollectingSink();
  readonly points = new AggregatedPoints('eth0');
  readonly aggregator: PacketAggregator;

  constructor(decapsulate: readonly TunnelPort[] = USUAL_TUNNEL_PORTS) {
    const onTunnel = this.points.addTunnel.bind(this.points);
    this.aggregator = new PacketAggregator({ maxFlows: 40_000, decapsulate, onTunnel }, this.sink);
  }

  add(...frames: readonly Buffer[]): this {
    for (const frame of frames) this.aggregator.add(frame, 0, frame.length, frame.length, 1, LINK_TYPE.ethernet);
    return this;
  }

  /** Keys and what each side sent, the point as text behind `@`. */
  flows(): string[] {
    this.aggregator.drain();
    return this.sink.all().map(({ key, sides }) => {
      const [tuple, number] = key.split('@');
      const tunnel = number === undefined ? undefined : this.points.resolve(Number(number)).tunnel;
      const traffic = sides.map((side) => `${side.frames}/${side.bytes}`).join(' ');
      return `${tuple} ${traffic}${tunnel === undefined ? '' : ` @ ${Object.values(tunnel).join(' ')}`}`;
    });
  }
}

/** Keys and the sender of what a frame says of itself. */
function toKey(flow: string | undefined): string {
  const [tuple, from0, from1] = (flow ?? '').split(' ');
  return `${tuple} ${from0 !== '0/0'} ${from1 !== '0/0'}`;
}

const INNER: readonly (readonly [string, Buffer])[] = [
  ['TCP', ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 6 }, tcp({ sourcePort: 7, destinationPort: 8 })))],
  ['UDP back', ethernet(ipv4({ source: HIGH, destination: LOW, protocol: 17 }, udp(5, 6, 'x')))],
  ['SCTP', ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 132 }, sctp(5, 6)))],
  ['echo', ethernet(ipv4({ source: HIGH, destination: LOW, protocol: 1 }, icmp(8, 0)))],
  ['GRE', ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 47 }, Buffer.alloc(8)))],
  [
    'options',
    ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17, options: Buffer.alloc(40, 1) }, udp(5, 6))),
  ],
  ['IPv6', ethernet(ipv6({ source: 'fd00::2', destination: 'fd00::1', nextHeader: 17 }, udp(5, 6, 'x')))],
  [
    'IPv6 with extension headers',
    ethernet(
      ipv6(
        { source: 'fd00::1', destination: 'fd00::2', nextHeader: 6, extensions: [extensionHeader(0, 16)] },
        tcp({ sourcePort: 7, destinationPort: 8 }),
      ),
    ),
  ],
  [
    'a VLAN',
    ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5, 6)), { tags: [{ id: 9 }, { id: 10 }] }),
  ],
  ['a later fragment', ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17, fragmentOffset: 9 }, udp(5, 6)))],
];

const CARRIERS: readonly (readonly [string, (inner: Buffer) => Buffer])[] = [
  ['VXLAN', (inner) => carry4(THERE, vxlan(1, inner))],
  ["VXLAN on Linux's own port", (inner) => carry4(THERE, vxlan(0xff_ffff, inner), 8472)],
  ['VXLAN over IPv6', (inner) => carry6(vxlan(1, inner), 4789)],
  ['Geneve', (inner) => carry4(THERE, geneve(1, inner), 6081)],
  ['Geneve with options, over IPv6', (inner) => carry6(geneve(1, inner, { options: Buffer.alloc(252, 7) }), 6081)],
  ['a tagged frame', (inner) => ethernet(carry4(THERE, vxlan(1, inner)).subarray(14), { tags: [{ id: 77 }] })],
];

describe('tunnels', () => {
  test.each(
    CARRIERS.flatMap(([carrier, carry]) => INNER.map(([name, inner]) => [name, carrier, inner, carry] as const)),
  )('%s in %s is told as it would be bare, with the bytes of the outer frame', (_name, _carrier, inner, carry) => {
    const outer = carry(inner);
    const bare = new Observed().add(inner).flows();
    const carried = new Observed().add(outer).flows();
    expect(carried.map(toKey)).toEqual(bare.map(toKey));
    expect(carried[0]).toContain(`1/${outer.length}`);
    expect(carried[0]).toMatch(/ @ (vxlan|geneve) \d+ /);
  });

  test('both directions of an inner connection are one flow, whose ends are told by its sides', () => {
    const there = ethernet(ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5, 6, 'question')));
    const back = ethernet(ipv4({ source: HIGH, destination: LOW, protocol: 17 }, udp(6, 5, 'x')));
    const seen = new Observed().add(carry4(THERE, vxlan(300, there)), carry4(BACK, vxlan(300, back)));
    expect(seen.flows()).toEqual([`${LOW}|5|${HIGH}|6|17|0|0 1/100 1/93 @ vxlan 300 ${LOW_END} ${HIGH_END}`]);
  });

  test('the same tuple in another network, between other ends, or outside is another flow', () => {
    const [, inner] = INNER[1]!;
    const frames = [
      carry4(BACK, vxlan(1, inner)),
      carry4(BACK, vxlan(2, inner)),
      carry4([HIGH_END, '192.0.2.7'], vxlan(1, inner)),
      carry4(BACK, geneve(1, inner), 6081),
      inner,
    ];
    const seen = new Observed().add(...frames, ...frames);
    const flows = seen.flows();
    expect(flows).toHaveLength(5);
    expect(flows.map((flow) => flow.split(' @ ')[1])).toEqual([
      `vxlan 1 ${LOW_END} ${HIGH_END}`,
      `vxlan 2 ${LOW_END} ${HIGH_END}`,
      `vxlan 1 192.0.2.7 ${HIGH_END}`,
      `geneve 1 ${LOW_END} ${HIGH_END}`,
      undefined,
    ]);
  });

  test.each(outerOnly().map((frame, i) => [i, frame] as const))(
    'what cannot be looked into counts outside: %i',
    (_i, frame) => {
      const flows = new Observed().add(frame).flows();
      expect(flows).toEqual(new Observed([]).add(frame).flows());
      expect(flows).toHaveLength(1);
    },
  );

  test('ports that are not in the list are left alone', () => {
    const frame = carry4(THERE, vxlan(1, INNER[0]![1]));
    expect(new Observed([]).add(frame).flows()[0]).toMatch(
      /^192\.0\.2\.100\|4789\|192\.0\.2\.200\|51515\|17\|0\|0 [^@]*$/,
    );
    expect(new Observed([{ type: 'geneve', port: 4789 }]).add(frame).flows()[0]).not.toContain('@');
    expect(new Observed([{ type: 'vxlan', port: 4789 }]).add(frame).flows()[0]).toContain('@');
  });

  test('a capture that ends within the inner headers is told by the outer packet', () => {
    const whole = carry4(THERE, vxlan(1, INNER[0]![1]));
    for (let end = 42; end < whole.length; end++) {
      const seen = new Observed();
      seen.aggregator.add(whole, 0, end, whole.length, 1, LINK_TYPE.ethernet);
      // Up to the acknowledgement the inner TCP header is read.
      expect([end, seen.flows()[0]?.includes('@')]).toEqual([end, end >= 50 + 14 + 20 + 16]);
    }
  });

  test('other link headers carry tunnels too', () => {
    const seen = new Observed();
    const frame = cooked(0, carry4(THERE, vxlan(1, INNER[0]![1])).subarray(14));
    seen.aggregator.add(frame, 0, frame.length, frame.length, 1, LINK_TYPE.linuxSll);
    expect(seen.flows()[0]).toContain('@ vxlan 1');
  });

  test('a tunnel in a tunnel: the outer one is entered', () => {
    const middle = ethernet(
      ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(6, 4789, vxlan(7, INNER[0]![1]))),
    );
    const [flow] = new Observed().add(carry4(THERE, vxlan(3, middle))).flows();
    expect(flow).toMatch(/^10\.0\.0\.1\|6\|10\.0\.0\.2\|4789\|17\|0\|0 .* @ vxlan 3 /);
  });

  test('a fragment takes the ports of a first one in its own network', () => {
    const fields = { source: LOW, destination: HIGH, protocol: 17, id: 9 };
    const first = ethernet(ipv4({ ...fields, isMoreFragments: true }, udp(5, 6, Buffer.alloc(16))));
    const later = ethernet(ipv4({ ...fields, fragmentOffset: 3 }, Buffer.alloc(8)));
    const frames = [vxlan(1, first), vxlan(1, later), vxlan(2, later)].map((payload) => carry4(THERE, payload));
    const tuples = new Observed()
      .add(...frames, later)
      .flows()
      .map((flow) => flow.split(' ').slice(0, 2).join(' '));
    expect(tuples).toEqual([
      `${LOW}|5|${HIGH}|6|17|0|0 2/200`,
      `${LOW}|0|${HIGH}|0|17|1|0 1/92`,
      `${LOW}|0|${HIGH}|0|17|1|0 1/42`,
    ]);
  });

  test('DNS messages and ICMP errors are told at the point of the flow that they are about', () => {
    const query = ipv4({ source: LOW, destination: HIGH, protocol: 17 }, udp(5000, 53, NXDOMAIN));
    const error = ipv4({ source: HIGH, destination: LOW, protocol: 1 }, Buffer.concat([icmp(3, 3), query]));
    const seen = new Observed().add(carry4(THERE, vxlan(1, ethernet(query))), carry4(BACK, vxlan(1, ethernet(error))));
    const [flow] = seen.flows();
    expect(flow).toContain(`@ vxlan 1 ${LOW_END} ${HIGH_END}`);
    expect(seen.sink.dnsMessages).toEqual([
      { timeNs: 1, point: POINT_IS_TUNNEL + 1, isResponse: true, responseCode: 3 },
    ]);
    expect(seen.sink.errors).toMatchObject([{ point: POINT_IS_TUNNEL + 1, quotedSide: 0, type: 3, code: 3 }]);
    const unmet = new Observed().add(carry4(BACK, vxlan(1, ethernet(error))));
    expect(unmet.points.resolve(unmet.sink.errors[0]?.point ?? 0).tunnel).toBeUndefined();
    expect(unmet.sink.errors[0]?.point).not.toBe(0);
  });

  test('beyond the tunnels that are told apart, frames count outside and none is lost', () => {
    const seen = new Observed();
    const [, inner] = INNER[0]!;
    for (let id = 0; id < 16_400; id++) seen.add(carry4(THERE, vxlan(id, inner)));
    seen.add(carry4(THERE, vxlan(5, inner)));
    const flows = seen.flows();
    expect(flows.filter((flow) => flow.includes('@'))).toHaveLength(16_384);
    expect(flows.filter((flow) => !flow.includes('@')).map((flow) => flow.split(' ')[2])).toEqual([
      expect.stringMatching(/^16\//),
    ]);
    expect(flows.find((flow) => flow.includes('vxlan 5 '))).toContain(' 2/');
    expect(seen.aggregator.counters()).toMatchObject({ attributedFrames: 16_401, unattributedFrames: 0 });
  });
});
