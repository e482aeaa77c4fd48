import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { VERSION } from '../lib/version.ts';
import type { Resource } from '../model/resource.ts';
import type { Environment } from './parse-environment.ts';
import { parseKeyValueList } from './parse-key-value-list.ts';
import type { ProbeSettings } from './settings.ts';

/** The settings that tell who observes; roles in which a pod has no meaning leave those of the pod out. */
export type ResourceSettings = Partial<
  Pick<ProbeSettings, 'clusterName' | 'nodeName' | 'podName' | 'podNamespace' | 'podUid' | 'podIp'>
>;

/**
 * The OTLP resource of the records. Settings go before OTEL_SERVICE_NAME, that before OTEL_RESOURCE_ATTRIBUTES, and
 * that before what podflow knows of itself (OpenTelemetry specification, "Resource SDK" and "SDK configuration").
 * A list of attributes that cannot be read is left out as a whole, as the specification asks.
 */
export function createResource(settings: ResourceSettings, env: Environment): Resource {
  const resource = new Map([
    ['service.name', 'podflow'],
    ['service.version', VERSION],
    ['service.instance.id', randomUUID()],
    ['host.name', hostname()],
    ...(parseKeyValueList(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '') ?? []),
  ]);
  const named: readonly (readonly [string, string | undefined])[] = [
    ['service.name', env['OTEL_SERVICE_NAME']],
    ['k8s.cluster.name', settings.clusterName],
    ['k8s.node.name', settings.nodeName],
    ['k8s.namespace.name', settings.podNamespace],
    ['k8s.pod.name', settings.podName],
    ['k8s.pod.uid', settings.podUid],
    ['k8s.pod.ip', settings.podIp],
  ];
  for (const [name, value] of named) if (value !== undefined && value !== '') resource.set(name, value);
  return resource;
}
