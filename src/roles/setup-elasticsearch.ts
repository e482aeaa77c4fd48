import type { SetupSettings } from '../config/settings.ts';
import { openElasticsearch } from '../ecs/elasticsearch/open-elasticsearch.ts';
import { applyElasticsearchSetup } from '../ecs/setup/apply-elasticsearch-setup.ts';
import { planElasticsearchSetup, type SetupPlan } from '../ecs/setup/plan-elasticsearch-setup.ts';
import { toSetupText } from '../ecs/setup/to-setup-text.ts';
import { toWriterKey } from '../ecs/setup/writer-key.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { OutputStream } from '../model/role-context.ts';
import { hasElasticsearch, toElasticsearchAddress } from './enrich/elasticsearch-address.ts';

/**
 * Installs the templates of the documents, shown first; with `dryRun` shown only.
 * @throws PodflowError SETTINGS_INVALID, CREDENTIALS_UNREADABLE, ELASTICSEARCH_FAILED, SETUP_REFUSED
 */
export async function runElasticsearchSetup(settings: SetupSettings, stdout: OutputStream): Promise<void> {
  if (!hasElasticsearch(settings))
    throw new PodflowError('SETTINGS_INVALID', { count: 1, problems: '- --elasticsearch-url is not given' });
  const { client } = await openElasticsearch(toElasticsearchAddress(settings));
  try {
    const { dataRetention, lifecyclePolicy, indexShards: shards, indexReplicas: replicas } = settings;
    const plan = await planElasticsearchSetup(client, { dataRetention, lifecyclePolicy, shards, replicas });
    if (!settings.json) stdout.write(toSetupText(plan));
    if (!settings.dryRun) await applyElasticsearchSetup(client, plan, settings.force);
    stdout.write(settings.json ? toJson(plan, !settings.dryRun) : toEnding(settings.dryRun));
  } finally {
    await client.close();
  }
}

function toEnding(isDryRun: boolean): string {
  if (isDryRun) return 'Nothing was done (--dry-run).\n';
  return `Done. An API key that may write and nothing else:\nPOST /_security/api_key\n${JSON.stringify(toWriterKey())}\n`;
}

function toJson({ serverVersion, steps }: SetupPlan, isApplied: boolean): string {
  const shown = steps.map((step) => ({ ...step, body: undefined }));
  return `${JSON.stringify({ serverVersion, isApplied, steps: shown })}\n`;
}
