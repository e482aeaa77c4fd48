import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { RandomConnection } from '../../support/policy/random-cluster.ts';
import { cachedServer } from '../cached-server.ts';

/** Path of the peer; `describeWithTools` tells whether it is built. */
export const POLICY_PEER = cachedServer('policy-peer');

/** What others say of one connection. */
export interface PeerJudgement {
  /** Whether the source's policies let it go, and the destination's let it come. */
  readonly egress: boolean;
  readonly ingress: boolean;
  /** Both, with selectors as the peer matches them itself. */
  readonly ownSelectors: boolean;
}

export interface PeerAnswer {
  /** What the API server has against each policy, '' where it takes it. */
  readonly faults: readonly string[];
  /** One a connection, where it takes all policies. */
  readonly judgements: readonly PeerJudgement[];
}

/** Objects of the API, and what is asked of them. */
export interface PeerRequest {
  readonly policies: readonly unknown[];
  readonly pods?: readonly object[];
  readonly namespaces?: readonly object[];
  readonly connections?: readonly RandomConnection[];
}

/** Asks the peer of clusters, one answer each. */
export async function askPolicyPeer(clusters: readonly PeerRequest[]): Promise<PeerAnswer[]> {
  const child = spawn(POLICY_PEER, { stdio: ['pipe', 'pipe', 'inherit'] });
  const status = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.end(clusters.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const lines = (await text(child.stdout)).split('\n').filter((line) => line !== '');
  const code = await status;
  if (code !== 0) throw new Error(`the peer ended with ${code}`);
  return lines.map((line) => JSON.parse(line) as PeerAnswer);
}
