import * as http from 'node:http';
import * as https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { loadClusterConfig, type ClusterChoice } from './load-cluster-config.ts';
import type { Trouble } from './trouble.ts';

/** What a request to the API server needs. */
export interface ClusterTarget {
  readonly kind: 'target';
  /** Base URL; its path, if any, comes before that of every request. */
  readonly url: URL;
  readonly agent: http.Agent;
  readonly headers: Readonly<Record<string, string>>;
  /** What the credentials came from: handed to `renew` when they were refused. */
  readonly config: KubeConfig;
}

/** A plugin that takes longer hangs. */
const CREDENTIALS_MS = 30_000;
/** Old enough that a dead peer is probed before a load balancer forgets the connection; as client-go. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The way to one API server. Configuration and credentials are the client library's matter: service account, token
 * files (read anew every minute), plugins, certificates. The files of CA and certificates are read for each request, so
 * a rotated one is used by the next connection. Connections are our own, kept open between requests, unless a proxy is
 * configured, to which the library connects.
 */
export class ClusterAccess {
  readonly #choice: ClusterChoice;
  #config: KubeConfig | undefined;
  #loadedAtMs = 0;
  #preparing: Promise<ClusterTarget | Trouble> | undefined;
  #agent: http.Agent | undefined;
  #agentKey = '';

  constructor(choice: ClusterChoice) {
    this.#choice = choice;
  }

  /** Throws KUBERNETES_CONFIG_INVALID where the configuration is of no use. */
  check(): void {
    this.#load();
  }

  /** Never rejects. Callers at the same time share one run of a plugin. */
  async prepare(): Promise<ClusterTarget | Trouble> {
    this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined));
    const { promise: late, resolve } = Promise.withResolvers<Trouble>();
    const reason = `the credentials plugin said nothing within ${CREDENTIALS_MS} ms`;
    const timer = setTimeout(resolve, CREDENTIALS_MS, { kind: 'no_credentials', reason });
    const result = await Promise.race([this.#preparing, late]);
    clearTimeout(timer);
    return result;
  }

  /** Forgets `config` with all credentials that came from it, if it is still in use and older than `ageMs`. */
  renew(config: KubeConfig, ageMs: number): void {
    if (this.#config === config && performance.now() - this.#loadedAtMs >= ageMs) this.#config = undefined;
  }

  /** Closes the connections that nothing uses. */
  close(): void {
    this.#agent?.destroy();
  }

  async #prepare(): Promise<ClusterTarget | Trouble> {
    try {
      const config = this.#load();
      const options: https.RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const cluster = config.getCurrentCluster();
      const url = new URL(cluster?.server ?? '');
      const agent = cluster?.proxyUrl ? (options.agent as http.Agent) : this.#toAgent(url, options);
      return { kind: 'target', url, agent, headers: toHeaders(options), config };
    } catch (error) {
      return { kind: 'no_credentials', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #load(): KubeConfig {
    if (this.#config !== undefined) return this.#config;
    this.#loadedAtMs = performance.now();
    return (this.#config = loadClusterConfig(this.#choice));
  }

  /** The agent of these certificates: another one as soon as they are others. */
  #toAgent(url: URL, { ca, cert, key, passphrase, servername, rejectUnauthorized }: https.RequestOptions): http.Agent {
    const identity = { ca, cert, key, passphrase, servername, rejectUnauthorized };
    const agentKey = `${url.protocol} ${JSON.stringify(Object.values(identity).map(String))}`;
    if (this.#agent !== undefined && agentKey === this.#agentKey) return this.#agent;
    closeIdle(this.#agent);
    const present = Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
    const kept = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
    this.#agentKey = agentKey;
    this.#agent = url.protocol === 'https:' ? new https.Agent({ ...kept, ...present }) : new http.Agent(kept);
    return this.#agent;
  }
}

function toHeaders({ headers, auth }: https.RequestOptions): Record<string, string> {
  const texts = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  if (typeof auth === 'string') texts.push(['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]);
  return Object.fromEntries(texts) as Record<string, string>;
}

/** Running exchanges go on; the agent goes with the last of them. */
function closeIdle(agent: http.Agent | undefined): void {
  for (const sockets of Object.values(agent?.freeSockets ?? {})) for (const socket of sockets ?? []) socket.destroy();
}
