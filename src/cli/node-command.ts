import { resolveSettings } from '../config/resolve-settings.ts';
import { runNode } from '../roles/node/run-node.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow node` */
export async function nodeCommand(invocation: Invocation): Promise<void> {
  const { settings } = resolveSettings('node', invocation.args, invocation.env);
  await runRole(settings, invocation, (context) => runNode(settings, context));
}
