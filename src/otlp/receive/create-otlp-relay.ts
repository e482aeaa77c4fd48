import type { Log } from '../../model/log.ts';
import { BytesClient } from '../bytes-client.ts';
import { createHttpOptions, type HttpOptions } from '../create-http-options.ts';
import { OtlpHttpTransport } from '../http-transport.ts';
import type { OtlpClient } from '../otlp-client.ts';
import { resolveExporterConfig, type EndpointOptions } from '../resolve-exporter-config.ts';
import { parseJsonLogsResponse, parseLogsResponse } from '../response-parser.ts';
import { TracedClient } from '../traced-client.ts';
import { CONTENT_TYPE } from './http-reply.ts';
import type { OtlpEncoding } from './logs-request.ts';
import { OtlpRelay, type OtlpRelayOptions } from './otlp-relay.ts';

/** Where requests go on to; what is left out comes from the standard environment names, as for the sender. */
export type CreateRelayOptions = EndpointOptions & Pick<OtlpRelayOptions, 'maxInFlight' | 'maxWaiting'>;

/** Creates the relay. Rejects with SETTINGS_INVALID when an endpoint, a header or a certificate file cannot be used. */
export async function createOtlpRelay(options: CreateRelayOptions, log: Log): Promise<OtlpRelay> {
  const config = resolveExporterConfig(options);
  const { compression } = config;
  const http = {
    protobuf: await createHttpOptions(config, CONTENT_TYPE.protobuf),
    json: await createHttpOptions(config, CONTENT_TYPE.json),
  };
  const clients = { protobuf: createClient(http.protobuf, 'protobuf'), json: createClient(http.json, 'json') };
  const { origin, pathname } = new URL(http.protobuf.url);
  log.info({ url: origin + pathname, compression }, 'OTLP requests go on');
  return new OtlpRelay({ ...options, clients, compression, log });
}

function createClient(http: HttpOptions, encoding: OtlpEncoding): OtlpClient<Uint8Array> {
  const parseResponse = encoding === 'protobuf' ? parseLogsResponse : parseJsonLogsResponse;
  return new TracedClient(new BytesClient(new OtlpHttpTransport(http), http.timeoutMillis, parseResponse), http.url);
}
