import { BpfStats } from '../support/bpf-stats.ts';
import { Teardown } from '../support/teardown.ts';
import { createNodeNetwork, type NodeNetwork, type ObservedEnd } from './node-network.ts';
import { OtlpReceiver } from './otlp-receiver.ts';

/** What all runs of the bench share. */
export interface TestStand {
  readonly network: NodeNetwork;
  readonly receiver: OtlpReceiver;
  readonly bpfStats: BpfStats;
  readonly teardown: Teardown;
  /** Report interval of podflow's probes. */
  readonly intervalMs: number;
}

/** Builds the stand; it goes with the process, or by `closeTestStand` before. */
export async function createTestStand(where: ObservedEnd, intervalMs: number): Promise<TestStand> {
  const network = await createNodeNetwork(where);
  const receiver = await OtlpReceiver.start();
  return { network, receiver, bpfStats: new BpfStats(), teardown: new Teardown(), intervalMs };
}

export function closeTestStand({ network, receiver }: TestStand): void {
  receiver.stop();
  network.close();
}
