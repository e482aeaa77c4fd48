import type { SetupSettings } from '../../config/settings.ts';
import type { ElasticsearchAddress } from '../../ecs/elasticsearch/open-elasticsearch.ts';

type AddressSettings = Pick<
  SetupSettings,
  | 'elasticsearchUrls'
  | 'elasticsearchCloudId'
  | 'elasticsearchApiKey'
  | 'elasticsearchApiKeyPath'
  | 'elasticsearchUsername'
  | 'elasticsearchPassword'
  | 'elasticsearchCaPath'
  | 'elasticsearchCompatibility'
>;

/** Whether an Elasticsearch is named. */
export function hasElasticsearch({ elasticsearchUrls, elasticsearchCloudId }: AddressSettings): boolean {
  return elasticsearchUrls !== undefined || elasticsearchCloudId !== undefined;
}

/** Where Elasticsearch is and who asks, as the settings say. */
export function toElasticsearchAddress(settings: AddressSettings): ElasticsearchAddress {
  return {
    urls: settings.elasticsearchUrls ?? [],
    cloudId: settings.elasticsearchCloudId,
    credentials: toCredentials(settings),
    caPath: settings.elasticsearchCaPath,
    compatibility: settings.elasticsearchCompatibility === '8' ? 8 : 9,
  };
}

/** An API key goes before a user. */
function toCredentials(settings: AddressSettings): ElasticsearchAddress['credentials'] {
  const { elasticsearchApiKey: apiKey, elasticsearchApiKeyPath: path } = settings;
  const { elasticsearchUsername: user, elasticsearchPassword: password } = settings;
  if (path !== undefined) return { kind: 'api_key', secret: { path } };
  if (apiKey !== undefined) return { kind: 'api_key', secret: { value: apiKey } };
  return user === undefined ? undefined : { kind: 'basic', user, secret: { value: password ?? '' } };
}
