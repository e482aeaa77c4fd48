import * as form from './forms.ts';
import type { Setting } from './setting.ts';

const ALL = ['probe', 'replay', 'demo', 'settings'] as const;
const ROLES = ['probe', 'replay', 'demo'] as const;
const LIVE = ['probe', 'demo'] as const;
const RECORDS = ['probe', 'replay'] as const;
const PROBE = ['probe'] as const;

/** Keeps the exact type of each declaration while it checks it. */
const checked = <const List extends Record<string, Setting<unknown>>>(list: List): List => list;

/**
 * Every setting, once. Flags, `PODFLOW_*` names, validation, `podflow settings`, `--help` and settings.md come from
 * this list; a role gets those of its own as `SettingsOf<'probe'>`.
 */
export const SETTINGS = checked({
  interfaceName: {
    flag: 'interface',
    form: form.text('interface name, or auto'),
    default: 'auto',
    commands: PROBE,
    meaning: 'where to look; auto is the first interface that is up and no loopback',
  },
  netnsPath: {
    flag: 'netns',
    form: form.text('path'),
    default: undefined,
    commands: PROBE,
    meaning: 'network namespace to look in, such as /run/netns/NAME or /proc/PID/ns/net; otherwise the own one',
  },
  backend: {
    flag: 'backend',
    form: form.choice('auto', 'ebpf', 'cap'),
    default: 'auto',
    commands: LIVE,
    meaning: 'how packets are observed; auto is ebpf where the kernel and the rights allow it, else cap',
  },
  intervalMs: {
    flag: 'interval',
    form: form.duration('100ms', '1h'),
    default: '10s',
    commands: ROLES,
    meaning: 'time between reports, aligned to the wall clock',
  },
  idleTimeoutMs: {
    flag: 'idle-timeout',
    form: form.duration('1s', '24h'),
    default: '15s',
    commands: ROLES,
    meaning: 'a flow without packets for so long has ended',
  },
  activeTimeoutMs: {
    flag: 'active-timeout',
    form: form.duration('1s', '24h'),
    default: '30m',
    commands: ROLES,
    meaning: 'a flow that lives so long ends and begins anew',
  },
  maxFlows: {
    flag: 'max-flows',
    form: form.count(1, 16_777_216),
    default: '262144',
    commands: ROLES,
    meaning: 'flows kept at a time; what does not fit is counted as unattributed',
  },
  kernelMapEntries: {
    flag: 'kernel-map-entries',
    form: form.count(1_024, 16_777_216),
    default: '131072',
    commands: LIVE,
    meaning: 'flows that each of the kernel maps holds between two drains (ebpf)',
  },
  ownAddresses: {
    flag: 'own-addresses',
    form: form.ipAddresses(),
    default: undefined,
    commands: RECORDS,
    meaning: 'addresses of the observed pod, which tell ingress from egress; otherwise those of the interface',
  },
  otlpEndpoint: {
    flag: 'otlp-endpoint',
    form: form.httpUrl(),
    default: undefined,
    commands: ROLES,
    meaning:
      'base address of the OTLP receiver, to which /v1/logs is added; nothing is sent unless it or OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT is set',
  },
  otlpEncoding: {
    flag: 'otlp-encoding',
    form: form.otlpEncoding(),
    default: 'protobuf',
    commands: ROLES,
    meaning: 'encoding of OTLP requests',
    standardEnv: ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  },
  otlpCompression: {
    flag: 'otlp-compression',
    form: form.choice('gzip', 'none'),
    default: 'gzip',
    commands: ROLES,
    meaning: 'compression of OTLP requests',
    standardEnv: ['OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
  },
  otlpHeaders: {
    flag: 'otlp-headers',
    form: form.headers(),
    default: undefined,
    commands: ROLES,
    meaning: 'headers of OTLP requests, beside those of OTEL_EXPORTER_OTLP_[LOGS_]HEADERS',
    isSecret: true,
  },
  otlpTimeoutMs: {
    flag: 'otlp-timeout',
    form: form.duration('100ms', '10m'),
    default: undefined,
    commands: ROLES,
    meaning: 'time for one OTLP request; otherwise OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT, otherwise 10s',
  },
  otlpQueueRecords: {
    flag: 'otlp-queue-records',
    form: form.count(1, 16_777_216),
    default: '131072',
    commands: ROLES,
    meaning: 'records held while the receiver is away: two minutes of 1,000 a second',
  },
  otlpBatchRecords: {
    flag: 'otlp-batch-records',
    form: form.count(1, 65_536),
    default: '1000',
    commands: ROLES,
    meaning: 'records in one OTLP request',
  },
  metricsHost: {
    flag: 'metrics-host',
    form: form.ipAddress(),
    default: '0.0.0.0',
    commands: LIVE,
    meaning: 'address on which /metrics, /healthz and /readyz listen',
  },
  metricsPort: {
    flag: 'metrics-port',
    form: form.portOrOff(),
    default: '9464',
    commands: LIVE,
    meaning: 'port of /metrics, /healthz and /readyz; 0 is any free one',
  },
  pairSeriesLimit: {
    flag: 'pair-series-limit',
    form: form.count(0, 1_000_000),
    default: '10000',
    commands: LIVE,
    meaning: 'pod pairs with series of their own; the rest counts into the pair "other"',
  },
  pairSeriesTtlMs: {
    flag: 'pair-series-ttl',
    form: form.duration('1m', '24h'),
    default: '15m',
    commands: LIVE,
    meaning: 'a pair without traffic for so long loses its series',
  },
  output: {
    flag: 'output',
    form: form.choice('none', 'table', 'ndjson', 'otlp-json'),
    default: 'none',
    commands: ROLES,
    meaning: 'how records are also written',
  },
  outputFile: {
    flag: 'output-file',
    form: form.text('path'),
    default: undefined,
    commands: ROLES,
    meaning: 'where --output writes; otherwise stdout',
  },
  forMs: {
    flag: 'for',
    form: form.duration('1ms', '500h'),
    default: undefined,
    commands: ROLES,
    meaning: 'stop after so long',
  },
  json: {
    flag: 'json',
    form: form.onOff(),
    default: 'false',
    commands: ALL,
    meaning: 'one machine-readable summary on stdout at the end',
  },
  shutdownDeadlineMs: {
    flag: 'shutdown-deadline',
    form: form.duration('0ms', '10m'),
    default: '10s',
    commands: ROLES,
    meaning: 'time to flush in when asked to stop; Kubernetes kills after terminationGracePeriodSeconds (30s)',
  },
  logLevel: {
    flag: 'log-level',
    form: form.choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    commands: ROLES,
    meaning: 'the least that is logged, on stderr',
  },
  logFormat: {
    flag: 'log-format',
    form: form.choice('auto', 'json', 'text'),
    default: 'auto',
    commands: ROLES,
    meaning: 'form of the log; auto is text on a terminal, else JSON',
  },
  telemetry: {
    flag: 'telemetry',
    form: form.choice('off', 'on'),
    default: 'off',
    commands: ROLES,
    meaning: 'traces, metrics and logs of podflow itself through the OpenTelemetry SDK, set up by OTEL_*; costs 51 MiB',
  },
  clusterName: {
    flag: 'cluster-name',
    form: form.text('name'),
    default: undefined,
    commands: ROLES,
    meaning: 'k8s.cluster.name of the records',
  },
  nodeName: {
    flag: 'node-name',
    form: form.text('name'),
    default: undefined,
    commands: ROLES,
    meaning: 'k8s.node.name of the records (downward API: spec.nodeName)',
  },
  podName: {
    flag: 'pod-name',
    form: form.text('name'),
    default: undefined,
    commands: RECORDS,
    meaning: 'k8s.pod.name of the records (metadata.name)',
  },
  podNamespace: {
    flag: 'pod-namespace',
    form: form.text('name'),
    default: undefined,
    commands: RECORDS,
    meaning: 'k8s.namespace.name of the records (metadata.namespace)',
  },
  podUid: {
    flag: 'pod-uid',
    form: form.text('UID'),
    default: undefined,
    commands: RECORDS,
    meaning: 'k8s.pod.uid of the records (metadata.uid)',
  },
  podIp: {
    flag: 'pod-ip',
    form: form.ipAddress(),
    default: undefined,
    commands: RECORDS,
    meaning: 'k8s.pod.ip of the records (status.podIP)',
  },
});
