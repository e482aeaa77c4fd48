import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WATCHED_RESOURCES } from '../../../src/k8s/watch/watched-resources.ts';
import { ROOT } from '../../support/source-files.ts';
import type { Cluster } from '../kubernetes/start-cluster.ts';
import { findFreePort, ServerProcess } from '../server-process.ts';

const NAME = 'podflow-enrich';
const ACCOUNT = { kind: 'ServiceAccount', name: NAME, namespace: 'default' };

export interface EnrichOptions {
  /** Where its kubeconfig is put. */
  readonly folder: string;
  readonly listenPort: number;
  readonly elasticsearchUrl: string;
  /** Further flags, without their dashes; all others are at their defaults. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** `podflow enrich` as a process, which watches a cluster with the rights of a service account of its own. */
export interface Enrich {
  /** Host and port of /metrics and the API. */
  readonly metricsAddress: string;
  /** Answer of a path of its API. */
  read(path: string): Promise<unknown>;
  log(): string;
  /** Ends it, and returns the summary that it prints then. */
  stop(): Promise<EnrichSummary | undefined>;
}

/** What the journey looks at of the summary (src/roles/enrich/enrich-summary.ts). */
export interface EnrichSummary {
  readonly join: {
    readonly receivedRecords: number;
    readonly joinedRecords: number;
    readonly sentBackRecords: number;
    readonly heldRecords: number;
    readonly unjoinedRecords: Readonly<Record<string, number>>;
    readonly connections: Readonly<Record<string, number>>;
  };
  readonly elasticsearch: {
    readonly documents: Readonly<Record<string, number>>;
    readonly ignoredFieldDocuments: number;
  };
}

/** Starts it, and waits until it can name ends. */
export async function startEnrich(cluster: Cluster, options: EnrichOptions): Promise<Enrich> {
  const kubeconfig = await createAccess(cluster, options.folder);
  const metricsPort = await findFreePort();
  const metricsAddress = `127.0.0.1:${metricsPort}`;
  const flags = {
    'listen-port': options.listenPort,
    'metrics-port': metricsPort,
    'elasticsearch-url': options.elasticsearchUrl,
    'cluster-name': 'journey',
    kubeconfig,
    ...options.flags,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const argv = ['sh', join(ROOT, 'deploy/podflow.sh'), 'enrich', ...args, '--json'];
  const server = await ServerProcess.start(argv, { env: {}, readyUrl: `http://${metricsAddress}/readyz` });
  return {
    metricsAddress,
    read: async (path) => (await fetch(`http://${metricsAddress}${path}`)).json(),
    log: () => server.log(),
    stop: async () => {
      await server.stop();
      const line = server
        .log()
        .trim()
        .split('\n')
        .findLast((each) => each.startsWith('{"received"'));
      return line === undefined ? undefined : (JSON.parse(line) as EnrichSummary);
    },
  };
}

/** Makes the account, which may see what is watched and nothing else; returns the path of its kubeconfig. */
async function createAccess(cluster: Cluster, folder: string): Promise<string> {
  const rules = WATCHED_RESOURCES.map(({ group, resource }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: ['get', 'list', 'watch'],
  }));
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME };
  await cluster.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME } },
    { apiVersion, kind: 'ClusterRole', metadata: { name: NAME }, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: NAME }, roleRef: role, subjects: [ACCOUNT] },
  );
  const tokenPath = join(folder, 'token');
  await writeFile(tokenPath, (await cluster.kubectl(['create', 'token', NAME])).trim(), { mode: 0o600 });
  const admin = JSON.parse(await cluster.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as Kubeconfig;
  const path = join(folder, 'kubeconfig');
  const [context] = admin.contexts;
  const contexts = [{ name: 'enrich', context: { cluster: context?.context.cluster, user: NAME } }];
  // As the client library has it of a pod's own service account: a file that is read anew.
  const provider = { name: 'tokenFile', config: { tokenFile: tokenPath } };
  const users = [{ name: NAME, user: { 'auth-provider': provider } }];
  await writeFile(path, JSON.stringify({ ...admin, contexts, users, 'current-context': 'enrich' }));
  return path;
}

interface Kubeconfig {
  readonly contexts: readonly { readonly context: { readonly cluster: string } }[];
}
