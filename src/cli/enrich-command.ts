import { resolveSettings } from '../config/resolve-settings.ts';
import { runEnrich } from '../roles/enrich/run-enrich.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow enrich` */
export async function enrichCommand(invocation: Invocation): Promise<void> {
  const { settings } = resolveSettings('enrich', invocation.args, invocation.env);
  await runRole(settings, invocation, (context) => runEnrich(settings, context));
}
