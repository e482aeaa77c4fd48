import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { PodflowError } from '../../lib/podflow-error.ts';

/** Which cluster is meant. */
export interface ClusterChoice {
  /** A kubeconfig file; without it the files of KUBECONFIG, the pod's service account, or `~/.kube/config`. */
  readonly kubeconfigPath?: string | undefined;
  /** A context of the kubeconfig; without it its current one. */
  readonly context?: string | undefined;
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Loads the configuration of the chosen cluster; throws KUBERNETES_CONFIG_INVALID where it names none or is broken. */
export function loadClusterConfig(choice: ClusterChoice): KubeConfig {
  const config = new KubeConfig();
  const source = resolveSource(choice);
  let reason: string | undefined;
  let cause: unknown;
  try {
    load(config, source);
    if (choice.context !== undefined) config.setCurrentContext(choice.context);
    reason = findProblem(config);
    if (reason === undefined) checkFiles(config);
  } catch (error) {
    cause = error;
    reason = error instanceof Error ? error.message : String(error);
  }
  if (reason === undefined) return config;
  throw new PodflowError('KUBERNETES_CONFIG_INVALID', { source: source.name, reason }, cause);
}

interface Source {
  readonly kind: 'file' | 'default' | 'pod' | 'none';
  readonly name: string;
}

function resolveSource({ kubeconfigPath }: ClusterChoice): Source {
  const named = process.env['KUBECONFIG'] ?? '';
  const home = join(homedir(), '.kube', 'config');
  if (kubeconfigPath !== undefined) return { kind: 'file', name: kubeconfigPath };
  if (named !== '') return { kind: 'default', name: named };
  if (existsSync(SERVICE_ACCOUNT_TOKEN)) return { kind: 'pod', name: "the pod's service account" };
  return existsSync(home) ? { kind: 'default', name: home } : { kind: 'none', name: 'this machine' };
}

function load(config: KubeConfig, { kind, name }: Source): void {
  if (kind === 'file') config.loadFromFile(name);
  else if (kind === 'pod') config.loadFromCluster();
  else if (kind === 'default') config.loadFromDefault();
}

function findProblem(config: KubeConfig): string | undefined {
  if (config.getContexts().length === 0) return 'there is no kubeconfig and no service account';
  const name = config.getCurrentContext();
  if (config.getContextObject(name) === null) return `there is no context "${name}"`;
  const cluster = config.getCurrentCluster();
  if (cluster === null) return `the cluster of context "${name}" is not there`;
  // Without a user the client library applies no CA either.
  if (config.getCurrentUser() === null) return `the user of context "${name}" is not there`;
  const { protocol } = URL.parse(cluster.server) ?? {};
  if (protocol !== 'https:' && protocol !== 'http:') return `the server "${cluster.server}" is no URL`;
  if (protocol === 'http:' && !cluster.skipTLSVerify)
    return `the server "${cluster.server}" has no TLS, and insecure-skip-tls-verify is not set`;
  return undefined;
}

/** Throws what the file system says. */
function checkFiles(config: KubeConfig): void {
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  const provider = user?.authProvider as { readonly config?: { readonly tokenFile?: string } } | null | undefined;
  for (const path of [cluster?.caFile, user?.certFile, user?.keyFile, provider?.config?.tokenFile]) {
    // What a kubeconfig does not name is null, undefined or empty here.
    if (path) accessSync(path, constants.R_OK);
  }
}
