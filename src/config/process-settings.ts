import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { ALL, RUNS, LOGGING, RECORDING, RECORDS } from './setting-commands.ts';

/** How a command runs, and whom its records are from. */
export const PROCESS_SETTINGS = declareSettings({
  forMs: {
    flag: 'for',
    form: form.duration('1ms', '500h'),
    default: undefined,
    commands: RUNS,
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
    commands: RUNS,
    meaning: 'time to flush in when asked to stop; Kubernetes kills after terminationGracePeriodSeconds (30s)',
  },
  logLevel: {
    flag: 'log-level',
    form: form.choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    defaultFor: { explain: 'warn' },
    commands: LOGGING,
    meaning: 'the least that is logged, on stderr',
  },
  logFormat: {
    flag: 'log-format',
    form: form.choice('auto', 'json', 'text'),
    default: 'auto',
    commands: LOGGING,
    meaning: 'form of the log; auto is text on a terminal, else JSON',
  },
  telemetry: {
    flag: 'telemetry',
    form: form.choice('off', 'on'),
    default: 'off',
    commands: RUNS,
    meaning: 'traces, metrics and logs of podflow itself through the OpenTelemetry SDK, set up by OTEL_*; costs 51 MiB',
  },
  clusterName: {
    flag: 'cluster-name',
    form: form.text('name'),
    default: undefined,
    commands: RUNS,
    meaning: 'k8s.cluster.name of the records; for enrich the name of ends whose records tell none',
  },
  nodeName: {
    flag: 'node-name',
    form: form.text('name'),
    default: undefined,
    commands: RECORDING,
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
