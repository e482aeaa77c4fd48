import { once } from 'node:events';
import { createResource } from '../../config/resource.ts';
import type { EnrichSettings } from '../../config/settings.ts';
import { GeoDatabases } from '../../ecs/geo/geo-databases.ts';
import type { NameIndexOptions } from '../../k8s/name-index.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { startTelemetry } from '../telemetry.ts';
import { startNames, type EnrichNames } from './enrich-names.ts';
import { toEnrichSummary } from './enrich-summary.ts';
import { startEnrichment, type Enrichment } from './start-enrichment.ts';

/** The enrichment service, with names from the API server or a file, until stopped. */
export async function runEnrich(settings: EnrichSettings, context: RoleContext): Promise<void> {
  const { signal, env, stdout } = context;
  const resource = createResource(settings, env);
  const telemetry = await startTelemetry(settings, resource, context);
  const { log } = telemetry;
  const ending = new AbortController();
  const live: LiveParts = { names: undefined, enrichment: undefined };
  const { cityDatabasePath: cityPath, asnDatabasePath: asnPath } = settings;
  const geo = new GeoDatabases({ cityPath, asnPath, log, onChange: () => live.names?.index.describeAnew() });
  await geo.start(ending.signal);
  const names = await startNames(settings, toIndexOptions(settings, geo, live), log, ending.signal);
  live.names = names;
  const isRouted = settings.routing === 'trace-id';
  const options = { settings, resource, names, receiving: settings, isRouted };
  const enrichment = await startEnrichment(options, { ...context, log }, ending.signal);
  live.enrichment = enrichment;

  if (!signal.aborted) await once(signal, 'abort');

  await enrichment.stop(createDeadline(settings.shutdownDeadlineMs));
  ending.abort();
  await telemetry.shutdown();
  if (settings.json) stdout.write(`${JSON.stringify(toEnrichSummary(enrichment.parts))}\n`);
}

/** What is told of changes that come while it runs. */
interface LiveParts {
  names: EnrichNames | undefined;
  enrichment: Enrichment | undefined;
}

function toIndexOptions(settings: EnrichSettings, geo: GeoDatabases, live: LiveParts): NameIndexOptions {
  return {
    clusterName: settings.clusterName,
    clusterCidrs: settings.clusterCidrs ?? [],
    graceMs: settings.nameGraceMs,
    describeExternal: (address) => geo.describe(address),
    onPodGone: (pod) => live.enrichment?.parts.sinks.pairs?.forgetPod(pod),
  };
}
