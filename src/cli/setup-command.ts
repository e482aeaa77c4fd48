import { resolveSettings } from '../config/resolve-settings.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { runElasticsearchSetup } from '../roles/setup-elasticsearch.ts';
import type { Invocation } from './invocation.ts';

/** `podflow setup elasticsearch [--dry-run]` */
export async function setupCommand({ args, env, stdout }: Invocation): Promise<void> {
  const { settings, operands } = resolveSettings('setup', args, env, ['TARGET']);
  const [target = ''] = operands;
  if (target !== 'elasticsearch')
    throw new PodflowError('COMMAND_UNKNOWN', { command: `setup ${target}`, known: 'setup elasticsearch' });
  await runElasticsearchSetup(settings, stdout);
}
