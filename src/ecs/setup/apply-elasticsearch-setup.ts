import type { Client } from '@elastic/elasticsearch';
import { PodflowError } from '../../lib/podflow-error.ts';
import { ask, type SetupPlan, type SetupStep } from './plan-elasticsearch-setup.ts';
import { toServerFeatures } from './server-features.ts';

/**
 * Does what a plan says, in its order. All is refused when an object was made by a newer podflow or by somebody else,
 * unless `force` says otherwise. Throws SETUP_REFUSED, ELASTICSEARCH_FAILED.
 */
export async function applyElasticsearchSetup(client: Client, plan: SetupPlan, force = false): Promise<void> {
  const refused = plan.steps.filter(({ action }) => action === 'newer' || action === 'foreign');
  if (refused.length > 0 && !force) {
    const objects = refused.map(({ kind, name, action }) => `${kind} ${name} (${action})`).join(', ');
    throw new PodflowError('SETUP_REFUSED', { objects });
  }
  const { hasLazyRollover } = toServerFeatures(plan.serverVersion);
  for (const step of plan.steps) if (step.action !== 'unchanged') await applyStep(client, step, hasLazyRollover);
}

async function applyStep(client: Client, { kind, name, body }: SetupStep, isLazy: boolean): Promise<void> {
  if (kind === 'rollover') {
    const answer = client.indices.rollover({ alias: name, ...(isLazy ? { lazy: true } : {}) });
    await ask(`POST /${name}/_rollover`, answer);
    return;
  }
  const path = `/_${kind}/${encodeURIComponent(name)}`;
  await ask(`PUT ${path}`, client.transport.request({ method: 'PUT', path, body: { ...body } }));
}
