import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Log } from '../model/log.ts';
import { JsonClient } from './json-client.ts';
import type { OtlpOptions } from './otlp-options.ts';
import { OtlpSender, type OtlpSenderOptions } from './otlp-sender.ts';
import { ReadableRecordEncoder } from './readable-record-encoder.ts';
import type { ExporterConfig } from './resolve-exporter-config.ts';
import { TracedClient } from './traced-client.ts';

/**
 * The sender that writes JSON by the stock exporter. Loaded only when wanted: it and the SDK's log records cost memory.
 * What waits is kept as objects, several times the size of the compressed bytes that the protobuf sender keeps.
 */
export function createJsonSender(
  options: OtlpOptions,
  config: ExporterConfig,
  url: string,
  senderOptions: OtlpSenderOptions,
  log: Log,
): OtlpSender<unknown> {
  const resource = resourceFromAttributes(Object.fromEntries(options.resource));
  const encoder = new ReadableRecordEncoder(resource, options.scopeVersion);
  const client = new TracedClient(new JsonClient(new OTLPLogExporter(config)), url);
  return new OtlpSender(encoder, client, { ...senderOptions, maxInFlight: 1 }, log);
}
