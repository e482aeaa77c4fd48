import { afterEach, describe, expect, test } from '@jest/globals';
import { PodflowError } from '../../../src/lib/podflow-error.ts';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { createOtlpSender } from '../../../src/otlp/create-otlp-sender.ts';
import { resolveExporterConfig } from '../../../src/otlp/resolve-exporter-config.ts';
import type { OtlpOptions } from '../../../src/otlp/otlp-options.ts';

const OPTIONS: OtlpOptions = { encoding: 'protobuf', resource: new Map(), scopeVersion: '1.2.3' };

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
});

function problemsOf(options: Partial<OtlpOptions>): string[] {
  try {
    resolveExporterConfig({ ...OPTIONS, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof PodflowError)) throw error;
    expect(error.code).toBe('SETTINGS_INVALID');
    return String(error.details['problems']).split('\n');
  }
}

describe('the exporter configuration', () => {
  test('leaves out what the environment may say', () => {
    expect(resolveExporterConfig(OPTIONS)).toEqual({ userAgent: 'podflow/1.2.3', compression: 'gzip' });
  });

  test('takes compression from options, else environment, else gzip', () => {
    process.env['OTEL_EXPORTER_OTLP_COMPRESSION'] = 'none';
    expect(resolveExporterConfig(OPTIONS).compression).toBe('none');
    expect(resolveExporterConfig({ ...OPTIONS, compression: 'gzip' }).compression).toBe('gzip');
  });

  test.each([
    ['http://c:4318', 'http://c:4318/v1/logs'],
    ['https://c/otlp/', 'https://c/otlp/v1/logs'],
    ['http://c:4318/v1/logs', 'http://c:4318/v1/logs'],
    ['http://c:4318?tenant=a', 'http://c:4318/v1/logs?tenant=a'],
  ])('of endpoint %s posts to %s', (endpoint, url) => {
    expect(resolveExporterConfig({ ...OPTIONS, endpoint })).toMatchObject({ url });
  });

  test('names every problem at once', () => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'collector:4318';
    process.env['OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE'] = '/nowhere/ca.pem';
    expect(problemsOf({ endpoint: 'grpc://c:4317' })).toEqual([
      'endpoint: "grpc://c:4317" is no http:// or https:// URL',
      'OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" is no http:// or https:// URL',
      'OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: /nowhere/ca.pem cannot be read',
    ]);
  });

  test('refuses headers that HTTP cannot carry, without telling their value', async () => {
    process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=secret%0A1';
    const created = createOtlpSender({ ...OPTIONS, headers: { 'x y': 'secret2' } }, SILENT_LOG);
    const error = await created.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', details: { count: 2 } });
    expect(String(error)).toContain('"authorization"');
    expect(String(error)).not.toContain('secret');
  });
});
