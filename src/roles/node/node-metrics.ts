import type { KernelDrops } from '../../capture/drops/kernel-drops.ts';
import type { Log } from '../../lib/log.ts';
import { VERSION } from '../../lib/version.ts';
import { NO_KERNEL_DROPS } from '../../model/kernel-drop-counters.ts';
import { createNodeRegistry } from '../../prometheus/node-registry.ts';
import type { Readiness } from '../../web/http-handler.ts';
import type { HttpServer } from '../../web/http-server.ts';
import { startMetricsServer } from '../metrics-server.ts';
import type { RecordOutputs } from '../record-outputs.ts';
import type { NodeCapture } from './node-capture.ts';
import type { NodeIntake } from './node-intake.ts';
import type { NodeNat } from './node-nat.ts';

/** What a running node consists of. */
export interface NodeParts {
  readonly nat: NodeNat;
  readonly drops: KernelDrops | undefined;
  readonly capture: NodeCapture | undefined;
  readonly intake: NodeIntake | undefined;
  readonly outputs: RecordOutputs;
}

/**
 * Serves the metrics of a node.
 * @throws PodflowError ADDRESS_IN_USE
 */
export async function startNodeMetrics(host: string, port: number, parts: NodeParts, log: Log): Promise<HttpServer> {
  const { nat, drops, capture, intake, outputs } = parts;
  const registry = createNodeRegistry({
    version: VERSION,
    conntrackCounters: () => nat.mirror.counters(),
    natCounters: () => nat.translator.counters(),
    kernelDropCounters: () => drops?.counters() ?? NO_KERNEL_DROPS,
    stages: () => [...outputs.stages, ...(intake?.stages ?? [])],
    receiveCounters: intake === undefined ? undefined : () => intake.receiveCounters(),
    relayCounters: intake?.relayCounters,
    otlpCounters: outputs.otlpCounters,
    capture:
      capture === undefined
        ? undefined
        : {
            captureCounters: () => capture.backend.counters(),
            nodeCounters: () => capture.backend.nodeCounters(),
            flowCounters: () => capture.pipeline.counters(),
            pairs: capture.pairs,
            dns: capture.dns,
          },
  });
  const sources = capture === undefined ? [] : [capture.pairs];
  return startMetricsServer({ host, port, registry, sources, readiness: () => toReadiness(parts), log });
}

/** A node without conntrack still forwards records, marked unresolved, so that does not make it unready. */
function toReadiness({ nat, drops, capture, intake }: NodeParts): Readiness {
  const { source, isSynchronised, entries } = nat.mirror.counters();
  return {
    ready: true,
    detail: {
      conntrack: { source, isSynchronised, entries },
      kernelDrops: drops === undefined ? 'off' : 'on',
      ...(capture === undefined ? {} : { capture: capture.backend.nodeCounters().observedInterfaces }),
      ...(intake === undefined ? {} : { listening: intake.url }),
    },
  };
}
