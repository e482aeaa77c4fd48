import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { ENRICH, JOINING, NAMING, SERVICE, WATCHING } from './setting-commands.ts';

/** How the enrichment service names, joins, counts and shows connections. */
export const ENRICH_SETTINGS = declareSettings({
  kubernetesSource: {
    flag: 'kubernetes',
    form: form.choice('api', 'off'),
    default: 'api',
    commands: ENRICH,
    meaning: 'where names come from: the API server, or nowhere; --objects goes before it',
  },
  objectsFile: {
    flag: 'objects',
    form: form.text('path'),
    default: undefined,
    commands: NAMING,
    meaning: 'Kubernetes objects as YAML or JSON (kubectl get … -o yaml) in place of the API server',
  },
  kubeconfigPath: {
    flag: 'kubeconfig',
    form: form.text('path'),
    default: undefined,
    commands: WATCHING,
    meaning: 'otherwise the files of KUBECONFIG, else the pod’s service account, else ~/.kube/config',
  },
  kubeContext: {
    flag: 'kube-context',
    form: form.text('name'),
    default: undefined,
    commands: WATCHING,
    meaning: 'context of the kubeconfig; otherwise its current one',
  },
  clusterCidrs: {
    flag: 'cluster-cidrs',
    form: form.cidrs(),
    default: undefined,
    commands: NAMING,
    meaning:
      'further networks of the cluster beside the pod CIDRs of its nodes: what is not known there is no external end',
  },
  nameGraceMs: {
    flag: 'name-grace',
    form: form.duration('10s', '24h'),
    default: '10m',
    commands: ENRICH,
    meaning: 'how long the address of a pod that is gone keeps its name, since records come later',
  },
  policySettleMs: {
    flag: 'policy-settle',
    form: form.duration('0ms', '10m'),
    default: '5s',
    commands: JOINING,
    meaning: 'how long after a change of policies or labels nothing is concluded from what got through or did not',
  },
  cityDatabasePath: {
    flag: 'geo-city-database',
    form: form.text('path'),
    default: undefined,
    commands: ENRICH,
    meaning: 'MaxMind City database (.mmdb) for external addresses; read anew when the file changes',
  },
  asnDatabasePath: {
    flag: 'geo-asn-database',
    form: form.text('path'),
    default: undefined,
    commands: ENRICH,
    meaning: 'MaxMind ASN database (.mmdb) for external addresses, likewise',
  },
  joinWindowMs: {
    flag: 'join-window',
    form: form.duration('0ms', '5m'),
    default: '2500ms',
    defaultFor: { demo: '900ms' },
    commands: SERVICE,
    meaning:
      'how long one end’s perspective waits for the other’s: more than the nodes’ clocks differ, and less than the interval',
  },
  maxHeldRecords: {
    flag: 'max-held-records',
    form: form.count(1, 16_777_216),
    default: '262144',
    commands: SERVICE,
    meaning: 'records that wait to be joined and stored; further requests are told to come back',
  },
  routing: {
    flag: 'routing',
    form: form.choice('trace-id', 'none'),
    default: 'trace-id',
    commands: ENRICH,
    meaning:
      'whether both perspectives of a connection come to one replica; with none, and no --elasticsearch-url, a server’s perspective counts only where the client is no pod',
  },
  flowSeries: {
    flag: 'flow-series',
    form: form.choice('workload', 'pod', 'both', 'none'),
    default: 'both',
    commands: SERVICE,
    meaning: 'which families of connections /metrics has: per pair of workloads, per pair of pods',
  },
  api: {
    flag: 'api',
    form: form.choice('on', 'off'),
    default: 'on',
    commands: SERVICE,
    meaning: '/api/flows and /api/map beside /metrics',
  },
  recentFlows: {
    flag: 'recent-flows',
    form: form.count(1, 1_000_000),
    default: '5000',
    commands: SERVICE,
    meaning: 'connections that /api/flows can look back on',
  },
  mapWindowMs: {
    flag: 'map-window',
    form: form.duration('10s', '24h'),
    default: '5m',
    commands: SERVICE,
    meaning: 'time that /api/map looks back on',
  },
  documents: {
    flag: 'documents',
    form: form.choice('none', 'ndjson', 'ecs'),
    default: 'none',
    commands: JOINING,
    meaning: 'how connections are also written: OpenTelemetry names, or ECS documents; one JSON object a line',
  },
  documentNamespace: {
    flag: 'data-stream-namespace',
    form: form.text('name'),
    default: 'default',
    commands: JOINING,
    meaning: 'data_stream.namespace of the documents: they go to logs-podflow.flow-NAMESPACE',
  },
});
