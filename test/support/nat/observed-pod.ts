import { EbpfBackend } from '../../../src/capture/ebpf/ebpf-backend.ts';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { createPodPoint } from '../../../src/model/observation-point.ts';
import type { RecordStage } from '../../../src/model/stage.ts';
import { FlowPipeline } from '../../../src/roles/flow-pipeline.ts';

const INTERFACE = 'eth0';
const INTERVAL_MS = 1_000;

/** Captures on a pod's own interface as its probe would, in this process, and hands over copies of its records. */
export class ObservedPod {
  readonly #backend: EbpfBackend;

  private constructor(namespace: NetworkNamespace) {
    const options = { interfaceName: INTERFACE, namespacePath: namespace.path, intervalMs: INTERVAL_MS };
    this.#backend = new EbpfBackend({ ...options, mapEntries: 65_536 }, SILENT_LOG);
  }

  static async start(
    namespace: NetworkNamespace,
    ownAddresses: readonly string[],
    onRecords: (records: FlowRecord[]) => void,
  ): Promise<ObservedPod> {
    const pod = new ObservedPod(namespace);
    const pipeline = new FlowPipeline(
      {
        intervalMs: INTERVAL_MS,
        idleTimeoutMs: 15_000,
        activeTimeoutMs: 60_000,
        maxFlows: 65_536,
        ownAddresses,
        resolvePoint: createPodPoint(INTERFACE),
      },
      [createTap(onRecords)],
    );
    await pod.#backend.start(pipeline.sink);
    return pod;
  }

  /** Ends the running interval and hands over what is left. */
  stop(): Promise<void> {
    return this.#backend.stop();
  }
}

function createTap(onRecords: (records: FlowRecord[]) => void): RecordStage {
  const nothing = { records: 0, frames: 0 };
  return {
    name: 'tap',
    start: () => Promise.resolve(),
    accept: (batch) => onRecords(batch.map((record) => ({ ...record }))),
    stop: () => Promise.resolve(),
    account: () => ({ received: nothing, forwarded: nothing, held: nothing, dropped: new Map() }),
  };
}
