import { PodflowError } from '../../../lib/podflow-error.ts';
import { parseDurationMs } from '../../../lib/duration.ts';
import { readDemoCluster, type DemoCluster } from '../demo-cluster.ts';
import { DEMO_OBJECTS } from '../demo-files.ts';
import { runClient, type ClientTargets } from './client.ts';
import { runDnsServer } from './dns-server.ts';
import { runWebServer } from './web-server.ts';

const DEFAULT_EVERY_MS = 1000;

/**
 * What runs inside a pod of the demo: `web --port N`, `dns`, `client --every 200ms` or `idle`, as the container's
 * args in demo-objects.yaml say. It ends with the demo.
 */
export async function runDemoPod(args: readonly string[]): Promise<never> {
  const [role, , value = ''] = args;
  const cluster = readDemoCluster(DEMO_OBJECTS);
  if (role === 'web') runWebServer(Number(value), tellReady);
  else if (role === 'dns') runDnsServer(toNames(cluster), tellReady);
  else if (role === 'client') await runClient(toTargets(cluster), parseDurationMs(value) ?? DEFAULT_EVERY_MS);
  else throw new PodflowError('COMMAND_UNKNOWN', { command: `demo-pod ${role ?? ''}`, known: 'web, dns, client' });
  return new Promise(() => undefined);
}

/** Servers say so when they listen, so that the demo starts its clients after them. */
function tellReady(): void {
  process.stdout.write('ready\n');
}

function toNames(cluster: DemoCluster): Map<string, string> {
  return new Map(
    cluster.services.map((service) => [
      `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`,
      service.spec.clusterIP,
    ]),
  );
}

function toTargets(cluster: DemoCluster): ClientTargets {
  const service = (name: string): string =>
    cluster.services.find((candidate) => candidate.metadata.name === name)?.spec.clusterIP ?? '';
  const legacy = cluster.pods.find((pod) => pod.metadata.name.startsWith('legacy'));
  return {
    nameServer: service('kube-dns'),
    web: { name: 'web.shop.svc.cluster.local', port: 80 },
    refusing: { address: legacy?.status.podIP ?? '', port: 9090 },
    guarded: { address: cluster.guarded[0]?.status.podIP ?? '', port: 5432 },
  };
}
