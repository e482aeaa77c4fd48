import { readFile } from 'node:fs/promises';
import { PodflowError } from '../../lib/podflow-error.ts';

/** A secret itself, or the file that holds it: a mounted Kubernetes Secret, which changes when it is rotated. */
export type SecretSource = { readonly value: string } | { readonly path: string };

/** How podflow makes itself known to Elasticsearch. */
export type CredentialOptions =
  /** As Kibana shows it (base64 of `id:key`), or `id:key`. */
  | { readonly kind: 'api_key'; readonly secret: SecretSource }
  | { readonly kind: 'basic'; readonly user: string; readonly secret: SecretSource }
  | { readonly kind: 'bearer'; readonly secret: SecretSource };

/** The `authorization` header, read anew from its file when the server does not take it any more. */
export class Credentials {
  /** Undefined without credentials. */
  header: string | undefined;
  readonly #options: CredentialOptions | undefined;

  constructor(options: CredentialOptions | undefined) {
    this.#options = options;
  }

  /** Reads them. Throws CREDENTIALS_UNREADABLE. */
  async load(): Promise<void> {
    if (this.#options !== undefined) this.header = toHeader(this.#options, await readSecret(this.#options.secret));
  }

  /** Reads them again, and tells whether they are others now. Never rejects: what cannot be read stays as it was. */
  async reload(): Promise<boolean> {
    const before = this.header;
    await this.load().catch(() => undefined);
    return this.header !== before;
  }
}

function toHeader(options: CredentialOptions, secret: string): string {
  if (options.kind === 'bearer') return `Bearer ${secret}`;
  if (options.kind === 'basic') return `Basic ${toBase64(`${options.user}:${secret}`)}`;
  // A colon is no base64: the pair as it is.
  return `ApiKey ${secret.includes(':') ? toBase64(secret) : secret}`;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function readSecret(source: SecretSource): Promise<string> {
  if ('value' in source) return source.value;
  return (await readCredentialFile(source.path)).trim();
}

/** Reads a file that is needed to reach Elasticsearch. Throws CREDENTIALS_UNREADABLE. */
export async function readCredentialFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new PodflowError('CREDENTIALS_UNREADABLE', { path, reason: String(error) }, error);
  }
}
