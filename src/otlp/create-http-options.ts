import { validateHeaderName, validateHeaderValue } from 'node:http';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { PodflowError } from '../lib/podflow-error.ts';
import { LOGS_PATH, LOGS_SIGNAL } from './otlp-options.ts';
import type { ExporterConfig } from './resolve-exporter-config.ts';

/** URL, headers, time-out and connections of requests, as the OpenTelemetry exporters take them. */
export type HttpOptions = ReturnType<typeof convertLegacyHttpOptions>;

/**
 * Creates them for bodies of this type; what the configuration leaves out comes from the environment. Rejects with
 * SETTINGS_INVALID when a header cannot be sent.
 */
export async function createHttpOptions(config: ExporterConfig, contentType: string): Promise<HttpOptions> {
  const http = convertLegacyHttpOptions(config, LOGS_SIGNAL, LOGS_PATH, {
    'Content-Type': contentType,
    'User-Agent': config.userAgent ?? 'podflow',
    ...(config.compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
  });
  checkHeaders(await http.headers());
  return http;
}

/** A header that HTTP cannot carry would fail each request: better told now. Its value may be a secret and is not told. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const problems = Object.entries(headers).flatMap(([name, value]) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      return [];
    } catch {
      return [`OTLP header "${name}": name or value holds characters that HTTP does not allow`];
    }
  });
  if (problems.length > 0)
    throw new PodflowError('SETTINGS_INVALID', { count: problems.length, problems: problems.join('\n') });
}
