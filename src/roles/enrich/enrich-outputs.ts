import type { BodyMapOutput } from '../../ecs/bodymap/body-map-output.ts';
import { DATASET, DocumentEncoder } from '../../ecs/document/document-encoder.ts';
import type { ElasticsearchOutput } from '../../ecs/elasticsearch/elasticsearch-output.ts';
import { VERSION } from '../../lib/version.ts';
import type { ConnectionOutput } from '../../model/connection-output.ts';
import type { Resource } from '../../model/resource.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { createBytesClient } from '../../otlp/create-bytes-client.ts';
import { toRelayAnswer } from '../../otlp/receive/otlp-relay.ts';
import { isOtlpWanted } from '../record-outputs.ts';
import { hasElasticsearch, toElasticsearchAddress } from './elasticsearch-address.ts';
import type { ServiceSettings } from './start-enrichment.ts';

/** The outputs that must have a connection before its records are acknowledged. */
export interface EnrichOutputs {
  readonly all: readonly ConnectionOutput[];
  readonly elasticsearch: ElasticsearchOutput | undefined;
  readonly bodyMap: BodyMapOutput | undefined;
}

/**
 * Makes the outputs that the settings ask for; each loads its code only when it is wanted.
 * @throws PodflowError SETTINGS_INVALID when an address cannot be used
 */
export async function createEnrichOutputs(
  settings: ServiceSettings,
  resource: Resource,
  context: Pick<RoleContext, 'env' | 'log'>,
): Promise<EnrichOutputs> {
  const elasticsearch = hasElasticsearch(settings) ? await createElasticsearch(settings, context) : undefined;
  const bodyMap = isOtlpWanted(settings, context.env) ? await createBodyMap(settings, resource, context) : undefined;
  return { all: [elasticsearch, bodyMap].filter((output) => output !== undefined), elasticsearch, bodyMap };
}

async function createElasticsearch(
  settings: ServiceSettings,
  { log }: Pick<RoleContext, 'log'>,
): Promise<ElasticsearchOutput> {
  const { ElasticsearchOutput: Output } = await import('../../ecs/elasticsearch/elasticsearch-output.ts');
  const dataStream = `logs-${DATASET}-${settings.documentNamespace}`;
  log.info({ dataStream, urls: settings.elasticsearchUrls }, 'Connections are written to Elasticsearch');
  return new Output({
    address: toElasticsearchAddress(settings),
    dataStream,
    encoder: new DocumentEncoder({ namespace: settings.documentNamespace }),
    timeoutMs: settings.elasticsearchTimeoutMs,
    maxBodyBytes: settings.elasticsearchBulkBytes,
    compression: settings.elasticsearchCompression,
    log,
  });
}

async function createBodyMap(
  settings: ServiceSettings,
  resource: Resource,
  { log }: Pick<RoleContext, 'log'>,
): Promise<BodyMapOutput> {
  const { BodyMapOutput: Output } = await import('../../ecs/bodymap/body-map-output.ts');
  const { otlpEndpoint: endpoint, otlpCompression: compression, otlpHeaders: headers, otlpTimeoutMs } = settings;
  const options = { endpoint, compression, headers, timeoutMs: otlpTimeoutMs, scopeVersion: VERSION };
  const client = await createBytesClient(options, log);
  const encoder = new DocumentEncoder({ namespace: settings.documentNamespace });
  return new Output({
    encoder,
    resource,
    namespace: settings.documentNamespace,
    scopeVersion: VERSION,
    send: async (body) => toRelayAnswer(await client.send(body)),
    log,
  });
}
