import type { Family } from './cluster-plan.ts';

export interface RuleEndpoint {
  readonly address: string;
  readonly port: number;
  /** Its pod runs on the node that the rules are for. */
  readonly isLocal: boolean;
}

/** One port of a Service in one address family, as kube-proxy is told of it. */
export interface ServiceRule {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly clusterAddress: string;
  readonly port: number;
  readonly externalAddress: string | undefined;
  readonly nodePort: number | undefined;
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly hasAffinity: boolean;
  /** kube-proxy chooses at random; taking turns is for tests that must know. */
  readonly choice: 'random' | 'turns';
  /** None: refused by the node. */
  readonly endpoints: readonly RuleEndpoint[];
}

/** A transport endpoint that a rule speaks of. */
export interface RuleTarget {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/**
 * What the agents of one node write into its netfilter for one address family, told apart from the language: rendered
 * by `toIptables` and `toNftables`.
 */
export interface NodeRules {
  readonly family: Family;
  readonly podNetwork: string;
  readonly nodeNetwork: string;
  readonly nodeAddress: string;
  readonly services: readonly ServiceRule[];
  /** Pods that leave the cluster with an address of their own choice; all others with the node's. */
  readonly egressAddresses: readonly { readonly pod: string; readonly address: string }[];
  /** Addresses that stand for one pod, whatever the protocol. */
  readonly floatingAddresses: readonly { readonly address: string; readonly pod: string }[];
  /** Kept out of conntrack, both ways. */
  readonly untracked: readonly RuleTarget[];
  /** Original direction in a conntrack zone of its own. */
  readonly zoned: readonly (RuleTarget & { readonly zone: number })[];
  /** Policy: new connections to this delivered endpoint are dropped. */
  readonly denied: readonly RuleTarget[];
}

/** Bit of the packet mark by which kube-proxy notes what is to be masqueraded. */
export const MASQUERADE_MARK = '0x4000';
/** Seconds that a client stays with its endpoint (`sessionAffinityConfig.clientIP.timeoutSeconds`). */
export const AFFINITY_SECONDS = 10_800;
