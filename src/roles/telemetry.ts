import type { ProbeSettings } from '../config/settings.ts';
import type { Log } from '../model/log.ts';
import type { Resource } from '../model/resource.ts';
import type { RoleContext } from '../model/role-context.ts';
import type { RecordOutputs } from './record-outputs.ts';

/** podflow's own traces, metrics and logs; with telemetry off none of it does anything. */
export interface RoleTelemetry {
  /** The role's log, which also goes out as OpenTelemetry log records. */
  readonly log: Log;
  /** Shows the counters of the OTLP stage, if there is one. */
  observe(outputs: RecordOutputs): void;
  shutdown(): Promise<void>;
}

/** Loads the OpenTelemetry SDK only when telemetry is switched on. */
export async function startTelemetry(
  { telemetry }: Pick<ProbeSettings, 'telemetry'>,
  resource: Resource,
  { env, log }: Pick<RoleContext, 'env' | 'log'>,
): Promise<RoleTelemetry> {
  if (telemetry === 'off') return { log, observe: () => undefined, shutdown: () => Promise.resolve() };
  const { startSelfTelemetry } = await import('../otlp/self-telemetry.ts');
  const self = await startSelfTelemetry({ resource, env });
  return {
    log: self.bridge(log),
    observe: ({ otlpCounters }) => {
      if (otlpCounters !== undefined) self.observe(otlpCounters);
    },
    shutdown: () => self.shutdown(),
  };
}
