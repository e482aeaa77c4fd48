import type { Log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import type { CaptureBackend } from '../model/capture.ts';
import type { DnsCounters } from '../prometheus/dns-counters.ts';
import { createMetricsHandler } from '../prometheus/metrics-handler.ts';
import type { PairCounters } from '../prometheus/pair-counters.ts';
import { createProbeRegistry } from '../prometheus/probe-registry.ts';
import { HttpServer } from '../web/http-server.ts';
import { createRouteTable } from '../web/route-table.ts';
import type { FlowPipeline } from './flow-pipeline.ts';
import type { RecordOutputs } from './record-outputs.ts';

export interface ObservedParts {
  readonly backend: CaptureBackend;
  readonly pipeline: FlowPipeline;
  readonly outputs: RecordOutputs;
  readonly pairs: PairCounters;
  readonly dns: DnsCounters;
}

/**
 * Serves /metrics, /healthz and /readyz.
 * @throws PodflowError ADDRESS_IN_USE
 */
export async function startMetricsServer(
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
  const handler = createRouteTable({
    routes: { '/metrics': createMetricsHandler({ registry, sources: [pairs], log }) },
    // The server starts when the capture runs, so whoever gets an answer finds it ready.
    readiness: () => ({ ready: true, detail: { backend: backend.name, interface: backend.interfaceName } }),
    log,
  });
  const server = new HttpServer({ host, port, flag: '--metrics-port', handler, log });
  const { url } = await server.start();
  log.info({ url: `${url}/metrics` }, 'serving metrics');
  return server;
}
