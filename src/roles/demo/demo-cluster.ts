import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod/mini';
import { PodflowError } from '../../lib/podflow-error.ts';

const METADATA = z.looseObject({
  name: z.string(),
  namespace: z._default(z.string(), 'default'),
  uid: z._default(z.string(), ''),
});
const LABELS = z.record(z.string(), z.string());

const POD = z.looseObject({
  kind: z.literal('Pod'),
  metadata: z.extend(METADATA, { labels: z._default(LABELS, {}) }),
  spec: z.looseObject({
    nodeName: z._default(z.string(), ''),
    containers: z
      .array(z.looseObject({ name: z.string(), args: z._default(z.array(z.string()), []) }))
      .check(z.minLength(1)),
  }),
  status: z.looseObject({ podIP: z.ipv4() }),
});

const SERVICE = z.looseObject({
  kind: z.literal('Service'),
  metadata: METADATA,
  spec: z.looseObject({
    clusterIP: z.ipv4(),
    selector: z._default(LABELS, {}),
    ports: z.array(
      z.looseObject({ port: z.int(), targetPort: z.int(), protocol: z._default(z.enum(['TCP', 'UDP']), 'TCP') }),
    ),
  }),
});

const POLICY = z.looseObject({
  kind: z.literal('NetworkPolicy'),
  metadata: METADATA,
  spec: z.looseObject({ podSelector: z.looseObject({ matchLabels: z._default(LABELS, {}) }) }),
});

const NODE = z.looseObject({
  kind: z.literal('Node'),
  metadata: METADATA,
  status: z.looseObject({
    addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).check(z.minLength(1)),
  }),
});

export type DemoPod = z.infer<typeof POD>;
export type DemoService = z.infer<typeof SERVICE>;

/** What the demo builds: read from Kubernetes objects, of which other kinds are passed over. */
export interface DemoCluster {
  readonly nodeName: string;
  readonly nodeAddress: string;
  readonly pods: readonly DemoPod[];
  readonly services: readonly DemoService[];
  /** Pods that a NetworkPolicy selects: the demo's policies admit nobody. */
  readonly guarded: readonly DemoPod[];
}

/**
 * Reads the objects of the demo from YAML (one or more documents, Lists included).
 * @throws PodflowError OBJECTS_FILE_INVALID naming the object and field at fault
 */
export function readDemoCluster(file: URL): DemoCluster {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  const objects = documents.flatMap((document) => itemsOf(document.toJS() as unknown));
  const of = <T>(kind: string, shape: z.ZodMiniType<T>): T[] =>
    objects.filter((object) => object['kind'] === kind).map((object) => parse(shape, object, file));
  const pods = of('Pod', POD);
  const node = of('Node', NODE)[0];
  const policies = of('NetworkPolicy', POLICY);
  return {
    nodeName: node?.metadata.name ?? 'node',
    nodeAddress: node?.status.addresses[0]?.address ?? '10.244.0.1',
    pods,
    services: of('Service', SERVICE),
    guarded: pods.filter((pod) => policies.some((policy) => isSelected(pod, policy))),
  };
}

/** Pods that a Service selects: all labels of its selector match. */
export function selectPods(cluster: DemoCluster, service: DemoService): DemoPod[] {
  return cluster.pods.filter(
    (pod) =>
      pod.metadata.namespace === service.metadata.namespace && hasLabels(pod.metadata.labels, service.spec.selector),
  );
}

function isSelected(pod: DemoPod, policy: z.infer<typeof POLICY>): boolean {
  return (
    policy.metadata.namespace === pod.metadata.namespace &&
    hasLabels(pod.metadata.labels, policy.spec.podSelector.matchLabels)
  );
}

function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function itemsOf(document: unknown): Record<string, unknown>[] {
  if (typeof document !== 'object' || document === null) return [];
  const object = document as Record<string, unknown>;
  return Array.isArray(object['items']) ? object['items'].flatMap(itemsOf) : [object];
}

function parse<T>(shape: z.ZodMiniType<T>, object: Record<string, unknown>, file: URL): T {
  const result = shape.safeParse(object);
  if (result.success) return result.data;
  const name = (object['metadata'] as { name?: string } | undefined)?.name ?? '?';
  throw new PodflowError('OBJECTS_FILE_INVALID', {
    path: file.pathname,
    reason: `${String(object['kind'])} ${name}: ${z.prettifyError(result.error)}`,
  });
}
