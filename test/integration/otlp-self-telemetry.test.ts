import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MetricsRequest, TraceRequest } from '../support/otlp-decoder.ts';
import type { SelfTelemetryRun } from '../support/self-telemetry-process.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';

const SCRIPT = fileURLToPath(new URL('../support/self-telemetry-process.ts', import.meta.url));

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await OtlpReceiver.start();
});
afterEach(async () => {
  await receiver.close();
});

/** Runs podflow in a process of its own. */
async function run(telemetry: 'on' | 'off', env: NodeJS.ProcessEnv = {}): Promise<SelfTelemetryRun> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', SCRIPT, telemetry],
    {
      env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env },
      timeout: 15_000,
    },
  );
  return JSON.parse(stdout) as SelfTelemetryRun;
}

function contents(path: string): object[] {
  return receiver.requests.filter((request) => request.path === path).map(({ content }) => content);
}

describe('own telemetry', () => {
  test('off: nothing but the flow records is sent, and the SDK is not loaded', async () => {
    const { packages } = await run('off');
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/logs']);
    expect(receiver.records.map(({ eventName }) => eventName)).toEqual(['network.flow']);
    expect(packages).toContain('@opentelemetry/otlp-exporter-base');
    expect(packages).not.toContain('@opentelemetry/sdk-node');
    expect(packages).not.toContain('@opentelemetry/exporter-logs-otlp-http');
  });

  test('on: traces, metrics and logs arrive beside the flow records', async () => {
    expect((await run('on')).packages).toContain('@opentelemetry/sdk-node');

    const spans = (contents('/v1/traces') as TraceRequest[])
      .flatMap(({ resourceSpans = [] }) => resourceSpans)
      .flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap((scope) => scope.spans ?? []));
    expect(spans.map(({ name }) => name)).toEqual(['otlp export']);

    const metrics = (contents('/v1/metrics') as MetricsRequest[]).flatMap(
      ({ resourceMetrics = [] }) => resourceMetrics,
    );
    expect(metrics[0]?.resource?.attributes).toContainEqual({ key: 'k8s.pod.name', value: { stringValue: 'web-0' } });
    expect(metrics.flatMap(({ scopeMetrics = [] }) => scopeMetrics.flatMap((scope) => scope.metrics ?? []))).toEqual(
      expect.arrayContaining(
        ['requests', 'retries', 'sent.records', 'sent.bytes', 'queue.records'].map((name) => ({
          name: `podflow.otlp.${name}`,
        })),
      ),
    );

    const [entry] = receiver.records.filter(({ severityText }) => severityText === 'WARN');
    expect(entry).toMatchObject({
      severityNumber: 13,
      resource: { 'service.name': 'podflow' },
      scope: { name: 'podflow' },
    });
    expect(entry?.attributes).toMatchObject({ records: 1, error: 'no', list: "[ 'a' ]" });
    expect(receiver.records.filter(({ eventName }) => eventName === 'network.flow')).toHaveLength(1);
  });

  test('on: each signal can be switched off by its standard name', async () => {
    await run('on', { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' });
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/logs']);
  });

  test('on: a receiver that is away does not hold the end of the process up', async () => {
    await receiver.close();
    const { shutdownMs } = await run('on');
    expect(shutdownMs).toBeGreaterThan(500);
    expect(shutdownMs).toBeLessThan(3_500);
  });
});
