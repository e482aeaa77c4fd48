/**
 * A small podflow process: sends one flow record to OTEL_EXPORTER_OTLP_ENDPOINT, with its own telemetry `on` or `off`,
 * and prints what `SelfTelemetryRun` holds.
 */
import { registerHooks } from 'node:module';
import { createSampleRecord } from './otlp-sample-records.ts';

export interface SelfTelemetryRun {
  /** OpenTelemetry packages that were loaded. */
  readonly packages: string[];
  /** How long the end of the telemetry took. */
  readonly shutdownMs: number;
}

const packages = new Set<string>();
registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    const name = /node_modules\/(@opentelemetry\/[^/]+)/.exec(resolved.url)?.[1];
    if (name !== undefined) packages.add(name);
    return resolved;
  },
});

const { createDeadline } = await import('../../src/lib/deadline.ts');
const { SILENT_LOG } = await import('../../src/lib/log.ts');
const { createOtlpSender } = await import('../../src/otlp/create-otlp-sender.ts');
const { startSelfTelemetry } = await import('../../src/otlp/self-telemetry.ts');

const resource = new Map([
  ['service.name', 'podflow'],
  ['k8s.pod.name', 'web-0'],
]);
const telemetry = process.argv[2] === 'on' ? await startSelfTelemetry({ resource, env: process.env }) : undefined;
const log = telemetry?.bridge(SILENT_LOG) ?? SILENT_LOG;
const sender = await createOtlpSender({ encoding: 'protobuf', resource, scopeVersion: '1.2.3' }, log);
telemetry?.observe(() => sender.counters());
await sender.start(new AbortController().signal);
sender.accept([createSampleRecord(1)]);
await sender.stop(createDeadline(1_000));
log.warn({ records: 1, error: new Error('no'), list: ['a'] }, 'a word for the log');
const startMs = performance.now();
await telemetry?.shutdown();
const run: SelfTelemetryRun = { packages: [...packages], shutdownMs: performance.now() - startMs };
// As podflow itself ends: timers of the SDK do not keep it.
process.stdout.write(JSON.stringify(run), () => process.exit());
