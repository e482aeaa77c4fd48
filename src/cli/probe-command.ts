import { resolveSettings } from '../config/resolve-settings.ts';
import { runProbe } from '../roles/probe.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow probe` */
export async function probeCommand(invocation: Invocation): Promise<void> {
  const { settings } = resolveSettings('probe', invocation.args, invocation.env);
  await runRole(settings, invocation, (context) => runProbe(settings, context));
}
