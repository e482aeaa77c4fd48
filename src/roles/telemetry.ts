import type { ProbeSettings } from '../config/settings.ts';
import type { Resource } from '../model/resource.ts';
import type { RoleContext } from '../model/role-context.ts';

/** podflow's own traces, metrics and logs, when they are switched on; only then is the SDK loaded. */
export async function startTelemetry(
  { telemetry }: Pick<ProbeSettings, 'telemetry'>,
  resource: Resource,
  { env }: Pick<RoleContext, 'env'>,
): Promise<{ shutdown(): Promise<void> } | undefined> {
  if (telemetry === 'off') return undefined;
  const { startSelfTelemetry } = await import('../otlp/self-telemetry.ts');
  return startSelfTelemetry({ resource, env });
}
