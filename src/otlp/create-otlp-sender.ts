import type { Log } from '../model/log.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import type { RecordStage } from '../model/stage.ts';
import { DEFAULT_BACKOFF } from '../lib/backoff.ts';
import { BytesClient } from './bytes-client.ts';
import { createHttpOptions, type HttpOptions } from './create-http-options.ts';
import { OtlpHttpTransport } from './http-transport.ts';
import type { OtlpOptions } from './otlp-options.ts';
import { OtlpSender, type OtlpSenderOptions } from './otlp-sender.ts';
import { ProtobufBatchEncoder } from './protobuf-batch-encoder.ts';
import { parseLogsResponse } from './response-parser.ts';
import { resolveExporterConfig, type ExporterConfig } from './resolve-exporter-config.ts';
import { TracedClient } from './traced-client.ts';

/** The stage that sends flow records as OTLP logs, with its counters. */
export interface OtlpStage extends RecordStage {
  counters(): OtlpCounters;
}

/** Creates the stage. Rejects with SETTINGS_INVALID when an endpoint, a header or a certificate file cannot be used. */
export async function createOtlpSender(options: OtlpOptions, log: Log): Promise<OtlpStage> {
  const config = resolveExporterConfig(options);
  const http = await createHttpOptions(config, 'application/x-protobuf');
  const { origin, pathname } = new URL(http.url);
  const { encoding } = options;
  log.info({ url: origin + pathname, encoding, compression: config.compression }, 'Flow records go out as OTLP logs');
  if (encoding === 'protobuf') return createProtobufSender(options, config, http, log);
  const { createJsonSender } = await import('./create-json-sender.ts');
  return createJsonSender(options, config, http.url, toSenderOptions(options), log);
}

function createProtobufSender(options: OtlpOptions, config: ExporterConfig, http: HttpOptions, log: Log): OtlpStage {
  const encoder = new ProtobufBatchEncoder(options.resource, options.scopeVersion, config.compression);
  const client = new BytesClient(new OtlpHttpTransport(http), http.timeoutMillis, parseLogsResponse);
  return new OtlpSender(encoder, new TracedClient(client, http.url), toSenderOptions(options), log);
}

function toSenderOptions(options: OtlpOptions): OtlpSenderOptions {
  return {
    queueRecords: options.queueRecords ?? 131_072,
    batchRecords: options.batchRecords ?? 1_000,
    flushMs: options.flushMs ?? 250,
    maxInFlight: options.maxInFlight ?? 1,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
  };
}
