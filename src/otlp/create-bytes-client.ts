import type { Log } from '../model/log.ts';
import { BytesClient } from './bytes-client.ts';
import { createHttpOptions } from './create-http-options.ts';
import { OtlpHttpTransport } from './http-transport.ts';
import type { OtlpClient } from './otlp-client.ts';
import { compress } from './receive/compress.ts';
import { parseLogsResponse } from './response-parser.ts';
import { resolveExporterConfig, type EndpointOptions } from './resolve-exporter-config.ts';
import { TracedClient } from './traced-client.ts';

/**
 * A client for finished protobuf `ExportLogsServiceRequest`s, which it compresses as it was told. What the options leave
 * out comes from the standard environment names. Rejects with SETTINGS_INVALID when an endpoint, a header or a
 * certificate file cannot be used.
 */
export async function createBytesClient(options: EndpointOptions, log: Log): Promise<OtlpClient<Uint8Array>> {
  const config = resolveExporterConfig(options);
  const http = await createHttpOptions(config, 'application/x-protobuf');
  const transport = new OtlpHttpTransport(http);
  const client = new TracedClient(new BytesClient(transport, http.timeoutMillis, parseLogsResponse), http.url);
  const { origin, pathname } = new URL(http.url);
  log.info({ url: origin + pathname, compression: config.compression }, 'Documents go out as OTLP logs');
  if (config.compression !== 'gzip') return client;
  return {
    send: async (body) => client.send(await compress(body)),
    shutdown: () => client.shutdown(),
  };
}
