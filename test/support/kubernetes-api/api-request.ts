import type { IncomingMessage } from 'node:http';
import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';

/** A request as the stand-in read it. */
export interface ApiRequest {
  readonly verb: 'list' | 'watch';
  readonly kind: KubernetesKind;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly authorization: string;
  readonly token: string | undefined;
  readonly isMetadataOnly: boolean;
  /** `performance.now()`. */
  readonly atMs: number;
}

/** The cluster-wide paths of the Kubernetes API reference. */
const PATHS: Readonly<Record<string, KubernetesKind>> = {
  '/api/v1/pods': 'Pod',
  '/api/v1/services': 'Service',
  '/api/v1/nodes': 'Node',
  '/api/v1/namespaces': 'Namespace',
  '/apis/discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
  '/apis/networking.k8s.io/v1/networkpolicies': 'NetworkPolicy',
  '/apis/networking.k8s.aws/v1alpha1/policyendpoints': 'PolicyEndpoint',
  '/apis/apps/v1/replicasets': 'ReplicaSet',
  '/apis/batch/v1/jobs': 'Job',
};

/** Undefined for what is no list or watch of a known kind below `basePath`. */
export function parseApiRequest(request: IncomingMessage, basePath: string): ApiRequest | undefined {
  const url = new URL(request.url ?? '', 'http://server');
  const kind = url.pathname.startsWith(basePath) ? PATHS[url.pathname.slice(basePath.length)] : undefined;
  if (kind === undefined || request.method !== 'GET') return undefined;
  const { accept = '', authorization = '' } = request.headers;
  const verb = ['1', 'true'].includes(url.searchParams.get('watch') ?? '') ? 'watch' : 'list';
  const as = verb === 'watch' ? 'PartialObjectMetadata' : 'PartialObjectMetadataList';
  return {
    verb,
    kind,
    query: url.searchParams,
    accept,
    authorization,
    token: /^Bearer (.+)$/.exec(authorization)?.[1],
    isMetadataOnly: accept.startsWith(`application/json;as=${as};g=meta.k8s.io;v=v1`),
    atMs: performance.now(),
  };
}
