import { once } from 'node:events';
import { LinkMonitor } from '../capture/interface/link-monitor.ts';
import { chooseInterface } from '../capture/interface/choose-interface.ts';
import { openLiveBackend } from '../capture/open-live-backend.ts';
import { createResource } from '../config/resource.ts';
import type { ProbeSettings } from '../config/settings.ts';
import { createDeadline } from '../lib/deadline.ts';
import type { Log } from '../lib/log.ts';
import { createPodPoint } from '../model/observation-point.ts';
import type { RoleContext } from '../model/role-context.ts';
import { DnsCounters } from '../prometheus/dns-counters.ts';
import { PairCounters } from '../prometheus/pair-counters.ts';
import type { HttpServer } from '../web/http-server.ts';
import { FlowPipeline } from './flow-pipeline.ts';
import type { ObservedParts } from './probe-metrics.ts';
import { createRecordOutputs } from './record-outputs.ts';
import { startTelemetry } from './telemetry.ts';

/** Observes one interface until stopped: packets → flow deltas → flow records → OTLP, /metrics, output. */
export async function runProbe(settings: ProbeSettings, context: RoleContext): Promise<void> {
  const { signal } = context;
  const resource = createResource(settings, context.env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const link = describeInterface(settings);

  const pairs = new PairCounters(settings);
  const dns = new DnsCounters();
  const outputs = await createRecordOutputs(settings, resource, { ...context, log }, [pairs]);
  const onDnsMessage = dns.count.bind(dns);
  const { ownAddresses } = link;
  const resolvePoint = createPodPoint(link.interfaceName);
  const pipeline = new FlowPipeline({ ...settings, ownAddresses, resolvePoint, onDnsMessage }, outputs.stages);
  await outputs.start();
  telemetry.observe(outputs);
  const backend = await openLiveBackend(
    settings.backend,
    {
      ...link,
      namespacePath: settings.netnsPath,
      intervalMs: settings.intervalMs,
      mapEntries: settings.kernelMapEntries,
      maxFlows: settings.maxFlows,
      decapsulate: settings.decapsulate,
    },
    pipeline.sink,
    log,
  );
  pipeline.namePointsBy(backend);
  const server = await serveMetrics(settings, { backend, pipeline, outputs, pairs, dns }, log);

  if (!signal.aborted) await once(signal, 'abort');

  const deadline = createDeadline(settings.shutdownDeadlineMs);
  await backend.stop();
  await outputs.stop(deadline);
  await server?.stop(deadline);
  await telemetry.shutdown();
  outputs.writeSummary(context.stdout, { capture: backend.counters(), flows: pipeline.counters() });
}

/** Loads prom-client and all that serves it only when metrics are wanted: 4 to 7 MiB. */
async function serveMetrics(settings: ProbeSettings, parts: ObservedParts, log: Log): Promise<HttpServer | undefined> {
  if (settings.metricsPort === 'off') return undefined;
  const { startProbeMetrics } = await import('./probe-metrics.ts');
  return startProbeMetrics(settings.metricsHost, settings.metricsPort, parts, log);
}

/** The interface to observe and its addresses, by which ingress is told from egress. */
function describeInterface(settings: ProbeSettings): { interfaceName: string; ownAddresses: readonly string[] } {
  const monitor = LinkMonitor.open(settings.netnsPath);
  try {
    const link = chooseInterface(monitor, settings.interfaceName);
    return { interfaceName: link.name, ownAddresses: settings.ownAddresses ?? monitor.addresses(link.ifindex) };
  } finally {
    monitor.close();
  }
}
