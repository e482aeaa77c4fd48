import type { NodeNetwork } from '../node-network.ts';

/** What a load says of itself; what does not apply to it is left out. */
export interface LoadResult {
  readonly seconds: number;
  /** CPU time of sender and receiver: the cost of an observer inside the kernel's packet path shows there. */
  readonly loadCpuSeconds?: number;
  readonly requestsPerSecond?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  readonly errors?: number;
}

/** Traffic from the client's pod to the server's. */
export interface Load {
  readonly seconds: number;
  run(network: NodeNetwork): Promise<LoadResult>;
}
