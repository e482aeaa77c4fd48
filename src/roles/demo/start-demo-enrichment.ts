import { fileURLToPath } from 'node:url';
import { createResource } from '../../config/resource.ts';
import type { DemoSettings } from '../../config/settings.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { startNames } from '../enrich/enrich-names.ts';
import { startEnrichment, type Enrichment } from '../enrich/start-enrichment.ts';
import { WorkloadPairs } from '../enrich/workload-pairs.ts';
import { ConversationTable } from './conversation-table.ts';
import { DEMO_OBJECTS } from './demo-files.ts';

const CLUSTER_NAME = 'demo';
const RECEIVING = {
  listenHost: '127.0.0.1',
  listenPort: 0,
  maxRequestBytes: 16 * 2 ** 20,
  maxPendingBytes: 64 * 2 ** 20,
} as const;

/** The demo's enrichment service, and what the demo itself sums up of its connections. */
export interface DemoEnrichment {
  readonly enrichment: Enrichment;
  readonly table: ConversationTable;
  readonly pairs: WorkloadPairs;
}

/**
 * Starts the enrichment service in this process, with the names of the demo's objects.
 * @param isReceiving whether records come by OTLP, else from this process's own flow table
 * @throws PodflowError ADDRESS_IN_USE, OUTPUT_FILE_UNWRITABLE, OBJECTS_FILE_INVALID
 */
export async function startDemoEnrichment(
  settings: DemoSettings,
  context: RoleContext,
  isReceiving: boolean,
): Promise<DemoEnrichment> {
  const { env, log, signal } = context;
  const clusterName = settings.clusterName ?? CLUSTER_NAME;
  const resource = createResource({ ...settings, clusterName }, env);
  const objectsFile = fileURLToPath(DEMO_OBJECTS);
  const names = await startNames({ objectsFile, kubernetesSource: 'off' }, { clusterName }, log, signal);
  const table = new ConversationTable();
  const pairs = new WorkloadPairs();
  const receiving = isReceiving ? RECEIVING : undefined;
  const options = { settings, resource, names, receiving, isRouted: true, furtherSinks: [table, pairs] };
  // Outputs end by `stop`, with all that the observers still say, not by the wish to stop.
  const enrichment = await startEnrichment(options, context, new AbortController().signal);
  return { enrichment, table, pairs };
}
