import type { DropReason } from '../../../src/model/drop-reason.ts';
import type { NatState, Verdict } from '../../../src/model/flow-record.ts';
import type { SocketAddress } from '../namespace-socket.ts';
import {
  EXTERNAL_IP,
  FLOATING_IP,
  NODE_DNS_IP,
  NODES,
  OUTSIDE_ADDRESS,
  PODS,
  type DualStack,
  type Family,
  type PodName,
} from '../service-network/cluster-plan.ts';
import { DNS_PORT, SERVER_PORT, SERVICES, type ServiceName } from '../service-network/cluster-services.ts';

/** Who can be a client: a pod, a process in a node's own namespace, a host outside of the cluster. */
export type ClientName = PodName | 'node-a' | 'outside';

/** One way for a connection to be translated, or not, and what podflow must say of it. */
export interface NatCase {
  readonly title: string;
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly from: ClientName;
  readonly to: SocketAddress;
  /** What the client itself meets; `answered` when absent. */
  readonly outcome?: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'EACCES' | 'ETIMEDOUT';
  /** State of the client's records; absent where no pod is the client. */
  readonly client?: NatState;
  /** State of the server's records; absent where no pod is the server. */
  readonly server?: NatState;
  /** Of the client's records; forwarded when absent. */
  readonly verdict?: { readonly verdict: Verdict; readonly reason: DropReason };
  /** How the connections of the case are made; one when absent. */
  readonly way?:
    /** Four, which the same backend must take. */
    | 'four to one backend'
    /** Two from one source port, the second while the first is in TIME_WAIT, to a Service that alternates. */
    | 'reused port'
    /** The same without a pause, so that both fall into one interval. */
    | 'reused at once'
    /** Opened before anything is observed, used afterwards. */
    | 'opened before'
    /** Over, and gone from conntrack, before the interval ends. */
    | 'forgotten at once';
  /**
   * The client's node does not know what the server's does to the connection, so that the records share no trace id:
   * the server's name the dialled tuple all the same.
   */
  readonly isTranslatedBeyondNode?: true;
}

const BOTH = { client: 'translated', server: 'translated' } as const;
const NEITHER = { client: 'none', server: 'none' } as const;

/** The cases of one address family, each with the same title in both. */
export function createNatCases(family: Family): NatCase[] {
  const of = (address: DualStack, port: number): SocketAddress => ({ address: address[family], port });
  return [...clusterCases(family, of), ...outsideCases(family, of), ...otherCases(family, of), ...failures(family, of)];
}

type AddressOf = (address: DualStack, port: number) => SocketAddress;
/** From the pod `client` by TCP where nothing else is said. */
type CaseOf = (title: string, to: SocketAddress, more: Partial<NatCase>) => NatCase;

function caseOf(family: Family): CaseOf {
  return (title, to, more) => ({ title, family, protocol: 'tcp', from: 'client', to, ...more });
}

function serviceOf(of: AddressOf): (name: ServiceName) => SocketAddress {
  return (name) => of(SERVICES[name].clusterIp, SERVICES[name].port);
}

/** Within the cluster, by ClusterIP or without. */
function clusterCases(family: Family, of: AddressOf): NatCase[] {
  const a = caseOf(family);
  const service = serviceOf(of);
  const pod = (name: PodName): SocketAddress => of(PODS[name].address, SERVER_PORT.tcp);
  return [
    a('pod to pod', pod('web-0'), NEITHER),
    a('pod to pod of another node', pod('far-web'), NEITHER),
    a('ClusterIP', service('web'), BOTH),
    a('ClusterIP, backend on another node', service('far'), { client: 'translated', server: 'none' }),
    a('ClusterIP between pods of one bridge', service('bridged'), { from: 'bridged-client', ...BOTH }),
    a('ClusterIP from the node itself', service('web'), { from: 'node-a', server: 'translated' }),
    a('hairpin', service('self'), { from: 'web-0', ...BOTH }),
    a('hairpin on a bridge', service('bridged'), { from: 'bridged-web', ...BOTH }),
    a('session affinity', service('sticky'), { ...BOTH, way: 'four to one backend' }),
    a('UDP: DNS through a Service', service('dns'), { protocol: 'udp', ...BOTH }),
    a('in a conntrack zone', service('zoned'), BOTH),
  ];
}

/** Into the cluster, and out of it. */
function outsideCases(family: Family, of: AddressOf): NatCase[] {
  const a = caseOf(family);
  const nodePort = (name: 'web' | 'local'): SocketAddress => of(NODES['node-a'].address, SERVICES[name].nodePort);
  const externalIp = of(EXTERNAL_IP, SERVICES.web.port);
  const outside = of(OUTSIDE_ADDRESS, SERVER_PORT.tcp);
  const fromOutside = { from: 'outside', server: 'translated' } as const;
  const fromFar = { from: 'far-client', client: 'none', server: 'translated', isTranslatedBeyondNode: true } as const;
  return [
    a('NodePort, masqueraded', nodePort('web'), fromOutside),
    a('NodePort, masqueraded, from a pod', nodePort('web'), BOTH),
    a('NodePort, masqueraded, from a pod of another node', nodePort('web'), fromFar),
    a('NodePort, not masqueraded (Local)', nodePort('local'), fromOutside),
    a('external IP', externalIp, fromOutside),
    a('external IP from a pod', externalIp, BOTH),
    a('egress, masqueraded', outside, { client: 'translated' }),
    a('egress from a fixed address', outside, { from: 'bridged-client', client: 'translated' }),
    a('DNAT and SNAT: ClusterIP of a server outside', serviceOf(of)('outside'), { client: 'translated' }),
    a('ping of an address with 1:1 NAT', of(FLOATING_IP, 0), { protocol: 'icmp', ...BOTH }),
    a('ping of the world, masqueraded', of(OUTSIDE_ADDRESS, 0), { protocol: 'icmp', client: 'translated' }),
    a('ping of a pod', of(PODS['web-1'].address, 0), { protocol: 'icmp', ...NEITHER }),
  ];
}

/** Where time or the tracking itself is the difficulty. */
function otherCases(family: Family, of: AddressOf): NatCase[] {
  const a = caseOf(family);
  const service = serviceOf(of);
  const untracked = { protocol: 'udp', client: 'unresolved' } as const;
  return [
    a('opened before podflow started', service('web'), { ...BOTH, way: 'opened before' }),
    a('over and forgotten within an interval', service('web'), { ...BOTH, way: 'forgotten at once' }),
    a('source port used again in TIME_WAIT', service('turns'), { ...BOTH, way: 'reused port' }),
    a('source port used again within one interval', service('turns'), { ...BOTH, way: 'reused at once' }),
    a('not tracked (NodeLocal DNS)', of(NODE_DNS_IP, DNS_PORT), untracked),
  ];
}

/** What is refused or dropped. A connection that its own node does not let pass never gets into conntrack's table. */
function failures(family: Family, of: AddressOf): NatCase[] {
  const a = caseOf(family);
  const service = serviceOf(of);
  const rejected = (reason: DropReason): Partial<NatCase> => ({ verdict: { verdict: 'rejected', reason } });
  const refused = { ...BOTH, outcome: 'ECONNREFUSED' } as const;
  const prohibited = { ...BOTH, outcome: family === 'ipv4' ? 'EHOSTUNREACH' : 'EACCES' } as const;
  return [
    a('refused by the backend (RST)', service('refusing'), { ...refused, ...rejected('connection_refused') }),
    a('ICMP error of the backend: port unreachable', service('closed-dns'), {
      ...refused,
      protocol: 'udp',
      ...rejected('port_unreachable'),
    }),
    a("ICMP error of the backend's firewall", service('prohibited'), {
      ...prohibited,
      ...rejected('admin_prohibited'),
    }),
    a('Service without endpoints, refused by the node', service('empty'), {
      client: 'unresolved',
      outcome: 'ECONNREFUSED',
      ...rejected('port_unreachable'),
    }),
    a('dropped on the node by a policy', service('guarded'), {
      client: 'unresolved',
      outcome: 'ETIMEDOUT',
      verdict: { verdict: 'dropped', reason: 'syn_unanswered' },
    }),
  ];
}
