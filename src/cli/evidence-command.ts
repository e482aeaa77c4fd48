import { resolveSettings } from '../config/resolve-settings.ts';
import { runEvidence } from '../roles/evidence.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow evidence FILE…`; `-` is stdin. */
export async function evidenceCommand(invocation: Invocation): Promise<void> {
  const { settings, operands } = resolveSettings('evidence', invocation.args, invocation.env, ['FILE…']);
  await runRole(settings, invocation, (context) => runEvidence(operands, settings, context));
}
