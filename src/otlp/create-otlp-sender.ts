import { validateHeaderName, validateHeaderValue } from 'node:http';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import type { Log } from '../model/log.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import type { RecordStage } from '../model/stage.ts';
import { DEFAULT_BACKOFF } from './backoff.ts';
import { OtlpHttpTransport } from './http-transport.ts';
import { LOGS_PATH, LOGS_SIGNAL, type OtlpOptions } from './otlp-options.ts';
import { OtlpSender, type OtlpSenderOptions } from './otlp-sender.ts';
import { ProtobufBatchEncoder } from './protobuf-batch-encoder.ts';
import { ProtobufClient } from './protobuf-client.ts';
import { resolveExporterConfig, type ExporterConfig } from './resolve-exporter-config.ts';
import { TracedClient } from './traced-client.ts';

/** The stage that sends flow records as OTLP logs, with its counters. */
export interface OtlpStage extends RecordStage {
  counters(): OtlpCounters;
}

type HttpOptions = ReturnType<typeof convertLegacyHttpOptions>;

/** Creates the stage. Rejects with SETTINGS_INVALID when an endpoint, a header or a certificate file cannot be used. */
export async function createOtlpSender(options: OtlpOptions, log: Log): Promise<OtlpStage> {
  const config = resolveExporterConfig(options);
  const http = convertLegacyHttpOptions(config, LOGS_SIGNAL, LOGS_PATH, toProtobufHeaders(config));
  checkHeaders(await http.headers());
  const { origin, pathname } = new URL(http.url);
  const { encoding } = options;
  log.info({ url: origin + pathname, encoding, compression: config.compression }, 'Flow records go out as OTLP logs');
  if (encoding === 'protobuf') return createProtobufSender(options, config, http, log);
  const { createJsonSender } = await import('./create-json-sender.ts');
  return createJsonSender(options, config, http.url, toSenderOptions(options), log);
}

function createProtobufSender(options: OtlpOptions, config: ExporterConfig, http: HttpOptions, log: Log): OtlpStage {
  const encoder = new ProtobufBatchEncoder(options.resource, options.scopeVersion, config.compression);
  const client = new ProtobufClient(new OtlpHttpTransport(http), http.timeoutMillis);
  return new OtlpSender(encoder, new TracedClient(client, http.url), toSenderOptions(options), log);
}

function toSenderOptions(options: OtlpOptions): OtlpSenderOptions {
  return {
    queueRecords: options.queueRecords ?? 131_072,
    batchRecords: options.batchRecords ?? 1_000,
    flushMs: options.flushMs ?? 1_000,
    maxInFlight: options.maxInFlight ?? 1,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
  };
}

function toProtobufHeaders(config: ExporterConfig): Record<string, string> {
  return {
    'Content-Type': 'application/x-protobuf',
    'User-Agent': config.userAgent ?? 'podflow',
    ...(config.compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
  };
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
