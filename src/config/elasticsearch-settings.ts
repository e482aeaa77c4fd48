import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { ELASTIC, SERVICE } from './setting-commands.ts';

/** Where Elasticsearch is, and how it is spoken to. */
export const ELASTICSEARCH_SETTINGS = declareSettings({
  elasticsearchUrls: {
    flag: 'elasticsearch-url',
    form: form.httpUrls(),
    default: undefined,
    commands: ELASTIC,
    meaning: 'nodes of the Elasticsearch that documents are written to; without it and a cloud id none is written',
  },
  elasticsearchCloudId: {
    flag: 'elasticsearch-cloud-id',
    form: form.text('cloud id'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'Elastic Cloud deployment, in place of --elasticsearch-url',
  },
  elasticsearchApiKey: {
    flag: 'elasticsearch-api-key',
    form: form.text('encoded key'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'API key as Kibana shows it, base64 of id:key',
    isSecret: true,
  },
  elasticsearchApiKeyPath: {
    flag: 'elasticsearch-api-key-path',
    form: form.text('path'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'file with the API key, read anew when Elasticsearch does not take it any more: a mounted Secret',
  },
  elasticsearchUsername: {
    flag: 'elasticsearch-username',
    form: form.text('name'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'user, with a password, where there is no API key',
  },
  elasticsearchPassword: {
    flag: 'elasticsearch-password',
    form: form.text('password'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'password of the user',
    isSecret: true,
  },
  elasticsearchCaPath: {
    flag: 'elasticsearch-ca',
    form: form.text('path'),
    default: undefined,
    commands: ELASTIC,
    meaning: 'PEM file of the authority that signed its certificate',
  },
  elasticsearchCompatibility: {
    flag: 'elasticsearch-compatibility',
    form: form.choice('9', '8'),
    default: '9',
    commands: ELASTIC,
    meaning: 'major version whose media type is spoken; 8 for Elasticsearch 8.x',
  },
  elasticsearchCompression: {
    flag: 'elasticsearch-compression',
    form: form.choice('gzip', 'none'),
    default: 'none',
    commands: SERVICE,
    meaning:
      'compression of bulk requests: gzip takes a tenth of the network, and about as much processor time as all the rest',
  },
  elasticsearchTimeoutMs: {
    flag: 'elasticsearch-timeout',
    form: form.duration('100ms', '10m'),
    default: '5s',
    commands: SERVICE,
    meaning: 'time in which a batch must be stored, retries included; then its sender is told to come back',
  },
  elasticsearchBulkBytes: {
    flag: 'elasticsearch-bulk-size',
    form: form.byteSize('64KiB', '90MiB'),
    default: '5MiB',
    commands: SERVICE,
    meaning: 'size of a bulk request, before compression',
  },
});
