import { Client, type ClientOptions } from '@elastic/elasticsearch';
import { PodflowError } from '../../lib/podflow-error.ts';
import { Credentials, readCredentialFile, type CredentialOptions } from './credentials.ts';

/** Where Elasticsearch is and how it is spoken to. */
export interface ElasticsearchAddress {
  /** Base URLs of its nodes, asked in turn; of no interest with a cloud id. */
  readonly urls: readonly string[];
  /** `name:base64` as Elastic Cloud shows it. */
  readonly cloudId?: string | undefined;
  readonly credentials?: CredentialOptions | undefined;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caPath?: string | undefined;
  /** PEM files of the certificate by which podflow makes itself known, and its key. */
  readonly clientCertificate?: { readonly certificatePath: string; readonly keyPath: string } | undefined;
  /** Major version whose media type is spoken, default 9; Elasticsearch 8 refuses 9, and takes 8. */
  readonly compatibility?: 8 | 9 | undefined;
}

/** An open way to Elasticsearch. The client sends no credentials of its own but those of the start. */
export interface ElasticsearchAccess {
  readonly client: Client;
  readonly credentials: Credentials;
  readonly compatibility: 8 | 9;
}

/**
 * Makes the client, which neither retries nor compresses: the writer does both. Nothing is sent yet.
 * Throws CREDENTIALS_UNREADABLE; SETTINGS_INVALID for an address or cloud id that is none.
 */
export async function openElasticsearch(address: ElasticsearchAddress): Promise<ElasticsearchAccess> {
  const { urls, cloudId, caPath, clientCertificate, compatibility = 9 } = address;
  const credentials = new Credentials(address.credentials);
  await credentials.load();
  const tls = {
    ...(caPath === undefined ? {} : { ca: await readCredentialFile(caPath) }),
    ...(clientCertificate === undefined ? {} : await readPair(clientCertificate)),
  };
  const client = createClient({
    ...(cloudId === undefined ? { nodes: [...urls] } : { cloud: { id: cloudId } }),
    headers: {
      ...(credentials.header === undefined ? {} : { authorization: credentials.header }),
      ...(compatibility === 9 ? {} : toMediaTypes(compatibility)),
    },
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    maxRetries: 0,
    compression: false,
    name: 'podflow',
  });
  return { client, credentials, compatibility };
}

function createClient(options: ClientOptions): Client {
  try {
    return new Client(options);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new PodflowError('SETTINGS_INVALID', { count: 1, problems: `- Elasticsearch: ${problem}` }, error);
  }
}

/** Headers by which a client of version 9 is understood by another major version. */
function toMediaTypes(version: number): Record<string, string> {
  const json = `application/vnd.elasticsearch+json; compatible-with=${version}`;
  return { accept: json, 'content-type': json };
}

async function readPair(paths: { certificatePath: string; keyPath: string }): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([readCredentialFile(paths.certificatePath), readCredentialFile(paths.keyPath)]);
  return { cert, key };
}
