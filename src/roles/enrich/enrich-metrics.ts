import type { Log } from '../../lib/log.ts';
import { VERSION } from '../../lib/version.ts';
import { createEnrichRegistry } from '../../prometheus/enrich-registry.ts';
import { createMetricsHandler } from '../../prometheus/metrics-handler.ts';
import { createApi } from '../../web/api/create-api.ts';
import type { Readiness } from '../../web/http-handler.ts';
import { HttpServer } from '../../web/http-server.ts';
import { createRouteTable } from '../../web/route-table.ts';
import type { EnrichParts, ServiceSettings } from './start-enrichment.ts';

/** Where an enrichment service is asked, by address. */
export interface EnrichServer extends Pick<HttpServer, 'stop'> {
  readonly url: string;
}

/**
 * Serves /metrics, /healthz, /readyz and the API of an enrichment service.
 * @throws PodflowError ADDRESS_IN_USE
 */
export async function startEnrichServer(
  settings: ServiceSettings,
  parts: EnrichParts,
  log: Log,
): Promise<EnrichServer> {
  const { metricsHost: host, metricsPort } = settings;
  const { pairs, map, denied, recent } = parts.sinks;
  const registry = createRegistry(parts);
  const metrics = createMetricsHandler({ registry, sources: pairs === undefined ? [] : [pairs], log });
  const hasApi = map !== undefined && denied !== undefined && recent !== undefined;
  const prefixes = hasApi ? { '/api': createApi({ map, denied, flows: recent, log }) } : {};
  const readiness = (): Readiness => toReadiness(parts);
  const handler = createRouteTable({ routes: { '/metrics': metrics }, prefixes, readiness, log });
  const port = metricsPort === 'off' ? 0 : metricsPort;
  const server = new HttpServer({ host, port, flag: '--metrics-port', handler, log });
  const { url } = await server.start();
  log.info({ url: `${url}/metrics` }, 'serving metrics');
  if (map !== undefined) log.info({ url: `${url}/api/map` }, 'serving the API');
  return { url, stop: (deadline) => server.stop(deadline) };
}

function createRegistry({
  names,
  join,
  outputs,
  sinks,
  intake,
  local,
}: EnrichParts): ReturnType<typeof createEnrichRegistry> {
  const { elasticsearch, bodyMap } = outputs;
  const { map, pairs, writer } = sinks;
  return createEnrichRegistry({
    version: VERSION,
    stages: () => [intake?.receiver, local, writer].filter((stage) => stage !== undefined),
    receiveCounters: intake === undefined ? undefined : () => intake.receiver.counters(),
    kubernetesCounters: names.kindCounters,
    nameIndexCounters: () => names.index.counters(),
    stitchCounters: () => join.counters(),
    elasticsearchCounters: elasticsearch === undefined ? undefined : () => elasticsearch.counters(),
    bodyMapCounters: bodyMap === undefined ? undefined : () => bodyMap.counters(),
    mapCounters: map === undefined ? undefined : () => map.counters(),
    pairs,
  });
}

/** Ready when names can be told: before that every end would be unknown, for good in the documents. */
function toReadiness({ names, join, outputs }: EnrichParts): Readiness {
  const kinds = names.kindCounters?.() ?? [];
  const ageMs = names.newestEventAgeMs?.();
  const { heldRecords, waitingConnections } = join.counters();
  return {
    ready: names.isReady(),
    detail: {
      ...(kinds.length === 0
        ? {}
        : {
            kubernetes: {
              newestEventAgeSeconds: ageMs === undefined ? undefined : Math.round(ageMs / 100) / 10,
              kinds: Object.fromEntries(
                kinds.map(({ kind, isListed, isWatching }) => [kind, { isListed, isWatching }]),
              ),
            },
          }),
      join: { heldRecords, waitingConnections },
      ...(outputs.elasticsearch === undefined
        ? {}
        : { elasticsearch: { isAway: outputs.elasticsearch.counters().isAway } }),
    },
  };
}
