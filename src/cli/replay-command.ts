import { resolveSettings } from '../config/resolve-settings.ts';
import { runReplay } from '../roles/replay.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow replay FILE` */
export async function replayCommand(invocation: Invocation): Promise<void> {
  const { settings, operands } = resolveSettings('replay', invocation.args, invocation.env, ['FILE']);
  const [path = ''] = operands;
  await runRole(settings, invocation, (context) => runReplay(path, settings, context));
}
