import { resolveSettings } from '../config/resolve-settings.ts';
import { runDemo } from '../roles/demo/run-demo.ts';
import type { Invocation } from './invocation.ts';
import { runRole } from './run-role.ts';

/** `podflow demo` */
export async function demoCommand(invocation: Invocation): Promise<void> {
  const { settings } = resolveSettings('demo', invocation.args, invocation.env);
  await runRole(settings, invocation, (context) => runDemo(settings, context));
}
