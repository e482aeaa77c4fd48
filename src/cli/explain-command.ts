import { resolveSettings } from '../config/resolve-settings.ts';
import { runExplain } from '../roles/explain/run-explain.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow explain` */
export async function explainCommand(invocation: Invocation): Promise<void> {
  const { settings } = resolveSettings('explain', invocation.args, invocation.env);
  await runRole({ ...settings, forMs: undefined }, invocation, (context) => runExplain(settings, context));
}
