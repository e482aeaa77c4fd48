import type { KernelDrops } from '../../capture/drops/kernel-drops.ts';
import { NodeBackend } from '../../capture/node/node-backend.ts';
import type { NodeSettings } from '../../config/settings.ts';
import type { Log } from '../../lib/log.ts';
import type { CaptureSink } from '../../model/capture.ts';
import { DnsCounters } from '../../prometheus/dns-counters.ts';
import { PairCounters } from '../../prometheus/pair-counters.ts';
import type { NatTranslator } from '../../nat/nat-translator.ts';
import { FlowPipeline } from '../flow-pipeline.ts';
import type { RecordOutputs } from '../record-outputs.ts';

/** The node's own observation of all its pods. */
export interface NodeCapture {
  readonly backend: NodeBackend;
  readonly pipeline: FlowPipeline;
  readonly pairs: PairCounters;
  readonly dns: DnsCounters;
}

/**
 * Begins to observe all pods of the node: packets → flow deltas → flow records → NAT undone → outputs.
 * @throws PodflowError CAPTURE_RIGHT_MISSING and what else keeps eBPF from running; there is no other way to observe a
 * whole node
 */
export async function startNodeCapture(
  settings: NodeSettings,
  translator: NatTranslator,
  outputs: RecordOutputs,
  drops: KernelDrops | undefined,
  log: Log,
): Promise<NodeCapture> {
  const dns = new DnsCounters();
  const pairs = new PairCounters({ ...settings, hasManyPods: true });
  const backend = new NodeBackend(
    {
      namespacePath: settings.hostNetnsPath,
      procPath: settings.procPath,
      include: settings.includeInterfaces,
      exclude: settings.excludeInterfaces ?? [],
      uplinks: settings.uplinkInterfaces ?? [],
      decapsulate: settings.decapsulate,
      intervalMs: settings.intervalMs,
      mapEntries: settings.kernelMapEntries,
    },
    log,
  );
  const pipeline = new FlowPipeline(
    {
      ...settings,
      ownAddresses: [],
      resolvePoint: (point) => backend.resolvePoint(point),
      onRecords: (records) => translator.translateBatch(records),
      onDnsMessage: (message) => dns.count(message),
    },
    [...outputs.stages, pairs],
  );
  await backend.start(drops === undefined ? pipeline.sink : afterDrops(drops, pipeline.sink));
  return { backend, pipeline, pairs, dns };
}

/** Records are made once the drops of their interval are known, which may tell where the packets were going. */
function afterDrops(drops: KernelDrops, sink: CaptureSink): CaptureSink {
  return {
    ...sink,
    intervalEnd: async (startNs, endNs, isLast) => {
      await drops.catchUp();
      await sink.intervalEnd(startNs, endNs, isLast);
    },
  };
}
