import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cachedServer } from '../cached-server.ts';
import { enterNamespace } from './enter-namespace.ts';

/** What `describeWithRights` has to find for a cluster to start. */
export const CLUSTER_REQUIREMENTS: readonly string[] = [
  'containerd',
  'runc',
  'busybox',
  'iptables',
  'conntrack',
  '/usr/lib/cni/ptp',
  cachedServer('kubernetes'),
];

export interface ClusterOptions {
  /** Nodes, 0 (a control plane alone) to 9. */
  readonly nodes?: number;
  readonly proxyMode?: 'iptables' | 'nftables';
}

export interface ClusterNode {
  /** `pfn1`, `pfn2` … */
  readonly name: string;
  readonly address: string;
  readonly netnsPath: string;
  /** The node's pods, as `10.244.1.0/24`. */
  readonly podSubnet: string;
}

/** A running cluster. Its machines are network namespaces: nothing of it is reached from this machine's own. */
export interface Cluster {
  /** Of the administrator; its server is reached from the namespaces of the control plane and the nodes. */
  readonly kubeconfigPath: string;
  readonly apiUrl: string;
  /** Network namespace of the control plane, where pods, nodes, node ports and the API server are reached. */
  readonly netnsPath: string;
  /** Where pods reach servers that run in that namespace and listen on all addresses. */
  readonly address: string;
  /** Second address of that namespace, which plays a host outside the cluster. */
  readonly outsideAddress: string;
  readonly nodes: readonly ClusterNode[];
  /** Runs kubectl as administrator and returns what it printed. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Creates or changes objects. */
  apply(...objects: readonly object[]): Promise<void>;
  /** Runs a command in all namespaces of node `number`, from 1, and returns what it printed. */
  onNode(number: number, command: readonly string[]): Promise<string>;
  /** Gives all nodes the images of an archive. */
  loadImages(archivePath: string): Promise<void>;
  /**
   * Puts this process into the control plane's network namespace, so that its new sockets and child processes are there,
   * until the returned function is called.
   */
  enter(): () => void;
  /** Takes everything down. Safe twice. */
  stop(): Promise<void>;
}

const MOST_OUTPUT = 2 ** 26;
const CLUSTER_SCRIPT = fileURLToPath(new URL('cluster.sh', import.meta.url));
const COMMAND_SCRIPT = fileURLToPath(new URL('in-cluster.sh', import.meta.url));
const STATE_FOLDER = '/var/cache/podflow-test-cluster';

/**
 * Starts a cluster; two nodes take some ten seconds. One cluster a machine: waits while another runs. It goes down with
 * this process, however that ends.
 */
export async function startCluster({ nodes = 2, proxyMode = 'iptables' }: ClusterOptions = {}): Promise<Cluster> {
  const env = { ...process.env, NODES: String(nodes), PROXY: proxyMode };
  // Of a session of its own: what interrupts this process must not interrupt the taking down.
  const guard = spawn('sh', [CLUSTER_SCRIPT], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  await untilReady(guard);
  const inCluster = (args: readonly string[], stdin?: string): Promise<string> => runScript(env, args, stdin);
  const kubectl: Cluster['kubectl'] = (args, stdin) => inCluster(['kubectl', ...args], stdin);
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1);
  return {
    kubeconfigPath: `${STATE_FOLDER}/admin.kubeconfig`,
    apiUrl: 'https://172.30.0.1:6443',
    netnsPath: '/run/netns/pfcp',
    address: '172.30.0.1',
    outsideAddress: '172.30.0.100',
    nodes: numbers.map(toNode),
    kubectl,
    apply: async (...objects) => {
      await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    },
    onNode: (number, command) => inCluster(['node', String(number), ...command]),
    loadImages: async (archivePath) => {
      await Promise.all(numbers.map((number) => inCluster(['load', String(number), archivePath])));
    },
    enter: () => enterNamespace('/run/netns/pfcp'),
    stop: () => stopGuard(guard),
  };
}

function toNode(number: number): ClusterNode {
  const name = `pfn${number}`;
  const podSubnet = `10.244.${number}.0/24`;
  return { name, address: `172.30.0.1${number}`, netnsPath: `/run/netns/${name}`, podSubnet };
}

async function untilReady(guard: ChildProcess): Promise<void> {
  let problems = '';
  guard.stderr?.on('data', (chunk: Buffer) => (problems += chunk.toString()));
  const ended = once(guard, 'close');
  let said = '';
  for await (const chunk of guard.stdout ?? []) {
    said += String(chunk);
    if (said.includes('ready')) return;
  }
  await ended;
  throw new Error(`the cluster did not start:\n${problems}`);
}

async function stopGuard(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const closed = once(guard, 'close');
  guard.stdin?.end();
  await closed;
}

async function runScript(env: NodeJS.ProcessEnv, args: readonly string[], stdin = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: MOST_OUTPUT };
    const child = execFile('sh', [COMMAND_SCRIPT, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.join(' ').slice(0, 200)}: ${stderr.trim()} ${stdout.trim()}`, { cause: error }));
    });
    // A command that does not read what it is given, and ends first.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}
