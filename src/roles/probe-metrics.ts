import type { Log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import type { CaptureBackend } from '../model/capture.ts';
import type { DnsCounters } from '../prometheus/dns-counters.ts';
import type { PairCounters } from '../prometheus/pair-counters.ts';
import { createProbeRegistry } from '../prometheus/probe-registry.ts';
import type { HttpServer } from '../web/http-server.ts';
import type { FlowPipeline } from './flow-pipeline.ts';
import { startMetricsServer } from './metrics-server.ts';
import type { RecordOutputs } from './record-outputs.ts';

export interface ObservedParts {
  readonly backend: CaptureBackend;
  readonly pipeline: FlowPipeline;
  readonly outputs: RecordOutputs;
  readonly pairs: PairCounters;
  readonly dns: DnsCounters;
}

/**
 * Serves the metrics of a probe.
 * @throws PodflowError ADDRESS_IN_USE
 */
export async function startProbeMetrics(
  host: string,
  port: number,
  { backend, pipeline, outputs, pairs, dns }: ObservedParts,
  log: Log,
): Promise<HttpServer> {
  const registry = createProbeRegistry({
    version: VERSION,
    captureCounters: () => backend.counters(),
    flowCounters: () => pipeline.counters(),
    stages: () => outputs.stages,
    otlpCounters: outputs.otlpCounters,
    pairs,
    dns,
  });
  // The server starts when the capture runs, so whoever gets an answer finds it ready.
  const readiness = { ready: true, detail: { backend: backend.name, interface: backend.interfaceName } };
  return startMetricsServer({ host, port, registry, sources: [pairs], readiness: () => readiness, log });
}
