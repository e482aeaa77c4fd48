import { inspect } from 'node:util';
import { logs, metrics, SeverityNumber, type Meter } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Log } from '../model/log.ts';
import type { OtlpCounters, OtlpOutcome } from '../model/otlp-counters.ts';
import { SCOPE_NAME, type Resource } from '../model/resource.ts';

/** The end of the process waits no longer for its own telemetry. */
const SHUTDOWN_MS = 3_000;

const SEVERITY = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;
type Level = keyof typeof SEVERITY;
const LEVELS = Object.keys(SEVERITY) as Level[];

/** podflow's own traces, metrics and logs while they are on. */
export interface SelfTelemetry {
  /** Shows the counters of the OTLP stage as metrics `podflow.otlp.*`. */
  observe(counters: () => OtlpCounters): void;
  /** A log that writes to `log` and emits the same entries as OpenTelemetry log records. */
  bridge(log: Log): Log;
  /** Sends what is held, for a few seconds at most. Never rejects. */
  shutdown(): Promise<void>;
}

/**
 * Starts the OpenTelemetry SDK, configured by the standard environment names (`OTEL_TRACES_EXPORTER`,
 * `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER`, `OTEL_EXPORTER_OTLP_*`, …), with podflow's resource, to which
 * `OTEL_NODE_RESOURCE_DETECTORS` may add. Loads the SDK (some 50 MiB): call it only when telemetry is wanted.
 */
export async function startSelfTelemetry({
  resource,
  env,
}: {
  readonly resource: Resource;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<SelfTelemetry> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({
    resource: resourceFromAttributes(Object.fromEntries(resource)),
    autoDetectResources: env['OTEL_NODE_RESOURCE_DETECTORS'] !== undefined,
  });
  sdk.start();
  return { observe: observeCounters, bridge: bridgeLog, shutdown: () => withinMs(sdk.shutdown(), SHUTDOWN_MS) };
}

function observeCounters(counters: () => OtlpCounters): void {
  const meter = metrics.getMeter(SCOPE_NAME);
  const outcomes: readonly OtlpOutcome[] = ['sent', 'retry', 'rejected'];
  meter.createObservableCounter('podflow.otlp.requests', { unit: '{request}' }).addCallback((result) => {
    const { requestsByOutcome } = counters();
    for (const outcome of outcomes) result.observe(requestsByOutcome[outcome], { outcome });
  });
  observeCounter(meter, 'podflow.otlp.retries', '{request}', () => counters().retries);
  observeCounter(meter, 'podflow.otlp.sent.records', '{record}', () => counters().sentRecords);
  observeCounter(meter, 'podflow.otlp.sent.bytes', 'By', () => counters().sentBytes);
  meter
    .createObservableUpDownCounter('podflow.otlp.queue.records', { unit: '{record}' })
    .addCallback((result) => result.observe(counters().queueRecords));
}

function observeCounter(meter: Meter, name: string, unit: string, read: () => number): void {
  meter.createObservableCounter(name, { unit }).addCallback((result) => result.observe(read()));
}

function bridgeLog(log: Log): Log {
  const logger = logs.getLogger(SCOPE_NAME);
  const entries = LEVELS.map((level) => {
    const write: Log[Level] = (fields, message) => {
      log[level](fields, message);
      logger.emit({
        severityNumber: SEVERITY[level],
        severityText: level.toUpperCase(),
        body: message,
        attributes: toAttributes(fields),
      });
    };
    return [level, write] as const;
  });
  return Object.fromEntries(entries) as unknown as Log;
}

function toAttributes(fields: object): Record<string, string | number | boolean> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, toAttributeValue(value)]));
}

function toAttributeValue(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value instanceof Error ? value.message : inspect(value, { breakLength: Infinity });
}

async function withinMs(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, limitMs)));
  // What telemetry could not send is lost with it; the process ends all the same.
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
