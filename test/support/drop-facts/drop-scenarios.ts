import { setTimeout as delay } from 'node:timers/promises';
import type { DropReason } from '../../../src/model/drop-reason.ts';
import type { Verdict } from '../../../src/model/flow-record.ts';
import type { FlowSymptom } from '../../../src/model/flow-symptom.ts';
import { ADDRESS, NARROW_MTU_BYTES } from './drop-network.ts';
import { SERVER_PORT, type DropStage } from './drop-stage.ts';

/** What is provoked, by which record it is found, and what that says. */
export interface DropScenario {
  readonly title: string;
  readonly transport: string;
  readonly address: string;
  /** Undefined where the protocol has none. */
  readonly port: number | undefined;
  readonly verdict: Verdict;
  readonly reason?: DropReason;
  readonly symptoms?: readonly FlowSymptom[];
  readonly icmpMtuBytes?: number;
  readonly provoke: (stage: DropStage) => Promise<void>;
}

/** Ports at which the router does something; nobody listens there. */
export const ROUTER_PORT = { dropped: 1_001, tcpReset: 1_002, broken: 1_003 } as const;
const FIRST_REJECTED_PORT = 2_000;
const CLOSED_PORT = 3_999;

/** `--reject-with` of iptables and ip6tables, and what it says (iptables-extensions(8)). */
const REJECTIONS4: readonly (readonly [string, DropReason])[] = [
  ['icmp-net-unreachable', 'network_unreachable'],
  ['icmp-host-unreachable', 'host_unreachable'],
  ['icmp-proto-unreachable', 'protocol_unreachable'],
  ['icmp-port-unreachable', 'port_unreachable'],
  ['icmp-net-prohibited', 'admin_prohibited'],
  ['icmp-host-prohibited', 'admin_prohibited'],
  ['icmp-admin-prohibited', 'admin_prohibited'],
];
const REJECTIONS6: readonly (readonly [string, DropReason])[] = [
  ['icmp6-no-route', 'network_unreachable'],
  ['icmp6-adm-prohibited', 'admin_prohibited'],
  ['icmp6-addr-unreachable', 'host_unreachable'],
  ['icmp6-port-unreachable', 'port_unreachable'],
  ['icmp6-policy-fail', 'admin_prohibited'],
  ['icmp6-reject-route', 'reject_route'],
];

/** Each rejection of UDP and of TCP. */
function rejections(address: string, list: typeof REJECTIONS4): DropScenario[] {
  const isIpv6 = address.includes(':');
  return list.flatMap(([type, reason], i) =>
    (['udp', 'tcp'] as const).map((transport) => ({
      ...{ title: `${transport} ${type}`, transport, address, port: FIRST_REJECTED_PORT + i, reason },
      verdict: 'rejected' as const,
      provoke: async (stage: DropStage) => {
        stage.network.forwardTo(transport, FIRST_REJECTED_PORT + i, `REJECT --reject-with ${type}`, isIpv6);
        await reach(stage, transport, address, FIRST_REJECTED_PORT + i);
      },
    })),
  );
}

async function reach(stage: DropStage, transport: string, address: string, port: number): Promise<void> {
  if (transport === 'udp') await stage.sendDatagram(address, port);
  else await stage.dial(address, port);
}

/** Nothing but an attempt is needed. */
function attempt(title: string, transport: string, address: string, port: number, reason: DropReason): DropScenario {
  const verdict = reason === 'ttl_exceeded' ? 'dropped' : 'rejected';
  return {
    title,
    transport,
    address,
    port,
    verdict,
    reason,
    provoke: (stage) => reach(stage, transport, address, port),
  };
}

const ATTEMPTS: readonly DropScenario[] = [
  attempt('RST to SYN', 'tcp', ADDRESS.server, CLOSED_PORT, 'connection_refused'),
  attempt('RST to SYN, IPv6', 'tcp', ADDRESS.server6, CLOSED_PORT, 'connection_refused'),
  attempt('a port that nobody has opened', 'udp', ADDRESS.server, CLOSED_PORT, 'port_unreachable'),
  attempt('a port that nobody has opened, IPv6', 'udp', ADDRESS.server6, CLOSED_PORT, 'port_unreachable'),
  attempt('no route', 'udp', ADDRESS.noRoute, 9, 'network_unreachable'),
  attempt('no route, IPv6', 'tcp', ADDRESS.noRoute6, 9, 'network_unreachable'),
  attempt('a prohibited route', 'tcp', ADDRESS.prohibited, 9, 'admin_prohibited'),
  attempt('a prohibited route, IPv6', 'udp', ADDRESS.prohibited6, 9, 'admin_prohibited'),
  attempt('an unreachable route', 'udp', ADDRESS.unreachable, 9, 'host_unreachable'),
  attempt('too far', 'udp', ADDRESS.far, 9, 'ttl_exceeded'),
  attempt('too far, IPv6', 'tcp', ADDRESS.far6, 9, 'ttl_exceeded'),
];

/** Asks for the protocol twice, once of each IP version. */
const UNKNOWN_PROTOCOL: readonly DropScenario[] = [ADDRESS.server, ADDRESS.server6].map((address, i) => ({
  title: `a protocol that the server does not know, ${address}`,
  ...{ transport: '253', address, port: undefined, verdict: 'rejected', reason: 'protocol_unreachable' },
  provoke: (stage) => (i === 0 ? stage.sendUnknownProtocol() : Promise.resolve()),
}));

const UNANSWERED: readonly DropScenario[] = [
  {
    title: 'SYN unanswered',
    ...{ transport: 'tcp', address: ADDRESS.server, port: ROUTER_PORT.dropped },
    ...{ verdict: 'dropped', reason: 'syn_unanswered' },
    provoke: async (stage) => {
      stage.network.forwardTo('tcp', ROUTER_PORT.dropped, 'DROP');
      await stage.dial(ADDRESS.server, ROUTER_PORT.dropped);
    },
  },
  {
    title: 'SYN reset by a firewall',
    ...{ transport: 'tcp', address: ADDRESS.server, port: ROUTER_PORT.tcpReset },
    ...{ verdict: 'rejected', reason: 'connection_refused' },
    provoke: async (stage) => {
      stage.network.forwardTo('tcp', ROUTER_PORT.tcpReset, 'REJECT --reject-with tcp-reset');
      await stage.dial(ADDRESS.server, ROUTER_PORT.tcpReset);
    },
  },
  {
    title: 'one-sided UDP',
    ...{ transport: 'udp', address: ADDRESS.server, port: SERVER_PORT.silent },
    ...{ verdict: 'unknown', symptoms: ['unanswered'] },
    provoke: (stage) => stage.sendDatagram(ADDRESS.server, SERVER_PORT.silent),
  },
  ...[ADDRESS.server, ADDRESS.server6].map((address): DropScenario => ({
    title: `DNS without an answer, ${address}`,
    ...{ transport: 'udp', address, port: SERVER_PORT.dns },
    ...{ verdict: 'dropped', reason: 'dns_unanswered', symptoms: ['unanswered'] },
    provoke: (stage) => stage.sendDatagram(address, SERVER_PORT.dns),
  })),
];

const TOO_BIG: readonly DropScenario[] = [
  ...[ADDRESS.narrow, ADDRESS.narrow6].map((address): DropScenario => ({
    title: `a datagram that may not be fragmented, ${address}`,
    ...{ transport: 'udp', address, port: SERVER_PORT.silent, icmpMtuBytes: NARROW_MTU_BYTES },
    ...{ verdict: 'dropped', reason: 'fragmentation_needed', symptoms: ['packet_too_big'] },
    provoke: (stage) => stage.sendDatagram(address, SERVER_PORT.silent, NARROW_MTU_BYTES),
  })),
  {
    title: 'path MTU discovery of a connection that goes on',
    ...{ transport: 'tcp', address: ADDRESS.narrowToo, port: SERVER_PORT.echo },
    ...{ verdict: 'forwarded', symptoms: ['packet_too_big'], icmpMtuBytes: NARROW_MTU_BYTES },
    provoke: (stage) => stage.upload(ADDRESS.narrowToo, SERVER_PORT.echo),
  },
  {
    title: 'a path MTU black hole: the client does not hear of it',
    ...{ transport: 'tcp', address: ADDRESS.unheard, port: SERVER_PORT.echo, icmpMtuBytes: NARROW_MTU_BYTES },
    ...{ verdict: 'dropped', reason: 'fragmentation_needed', symptoms: ['retransmission_burst', 'packet_too_big'] },
    provoke: (stage) => stage.upload(ADDRESS.unheard, SERVER_PORT.echo),
  },
];

const MIDWAY: readonly DropScenario[] = [
  {
    title: 'a reset in mid-flow',
    ...{ transport: 'tcp', address: ADDRESS.server, port: SERVER_PORT.reset },
    ...{ verdict: 'forwarded', symptoms: ['reset'] },
    provoke: async (stage) => void (await stage.exchange('tcp', ADDRESS.server, SERVER_PORT.reset)),
  },
  {
    title: 'a connection whose packets are dropped from some moment on',
    ...{ transport: 'tcp', address: ADDRESS.server6, port: SERVER_PORT.echo },
    ...{ verdict: 'forwarded', symptoms: ['retransmission_burst'] },
    provoke: async (stage) => {
      const socket = await stage.exchange('tcp', ADDRESS.server6, SERVER_PORT.echo);
      stage.network.forwardTo('tcp', SERVER_PORT.echo, 'DROP', true);
      socket.send(Buffer.from('into the void'));
    },
  },
  {
    title: 'a receiver that does not read',
    ...{ transport: 'tcp', address: ADDRESS.server, port: SERVER_PORT.stall },
    ...{ verdict: 'forwarded', symptoms: ['zero_window'] },
    provoke: (stage) => stage.overfill(ADDRESS.server, SERVER_PORT.stall),
  },
];

/** What is well has nothing. */
const WELL: readonly DropScenario[] = (['tcp', 'udp'] as const).map((transport) => ({
  title: `an answered ${transport} exchange`,
  ...{ transport, address: ADDRESS.server, port: SERVER_PORT.echo, verdict: 'forwarded' },
  provoke: async (stage) => void (await stage.exchange(transport, ADDRESS.server, SERVER_PORT.echo)),
}));

export const DROP_SCENARIOS: readonly DropScenario[] = [
  ...UNANSWERED,
  ...ATTEMPTS,
  ...UNKNOWN_PROTOCOL,
  ...rejections(ADDRESS.server, REJECTIONS4),
  ...rejections(ADDRESS.server6, REJECTIONS6),
  ...TOO_BIG,
  ...MIDWAY,
  ...WELL,
];

/** Provokes all at once and waits until each can be told: two seconds of silence, and the third repetition. */
export async function provokeAll(stage: DropStage): Promise<void> {
  await Promise.all(DROP_SCENARIOS.map(({ provoke }) => provoke(stage)));
  await delay(2_500);
}
