import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { EXPLAIN } from './setting-commands.ts';

/** What `podflow explain` is asked. */
export const EXPLAIN_SETTINGS = declareSettings({
  from: {
    flag: 'from',
    form: form.text('end'),
    default: undefined,
    commands: EXPLAIN,
    meaning: 'who begins the connection: NAMESPACE/POD, NAMESPACE/WORKLOAD, KIND/NAMESPACE/NAME or an IP address',
  },
  to: {
    flag: 'to',
    form: form.text('end'),
    default: undefined,
    commands: EXPLAIN,
    meaning: 'to whom: likewise, or NAMESPACE/SERVICE; what is both a pod and a Service is the pod',
  },
  port: {
    flag: 'port',
    form: form.count(1, 65_535),
    default: undefined,
    commands: EXPLAIN,
    meaning: 'port that is dialled; of a Service with one port that is the default',
  },
  protocol: {
    flag: 'protocol',
    form: form.choice('tcp', 'udp', 'sctp'),
    default: 'tcp',
    commands: EXPLAIN,
    meaning: 'protocol that is spoken',
  },
  batch: {
    flag: 'batch',
    form: form.onOff(),
    default: 'false',
    commands: EXPLAIN,
    meaning: 'answer JSON lines {objects, from, to, port, protocol} on stdin with a line each on stdout',
  },
  denied: {
    flag: 'denied',
    form: form.onOff(),
    default: 'false',
    commands: EXPLAIN,
    meaning: 'list what failed lately by pairs of workloads, most frequent first; needs --api-url',
  },
  apiUrl: {
    flag: 'api-url',
    form: form.httpUrl(),
    default: undefined,
    commands: EXPLAIN,
    meaning: 'enrichment service (its /metrics address) that is asked what was observed lately',
  },
  pairLimit: {
    flag: 'limit',
    form: form.count(1, 10_000),
    default: '20',
    commands: EXPLAIN,
    meaning: 'pairs that --denied lists at most',
  },
  listTimeoutMs: {
    flag: 'list-timeout',
    form: form.duration('100ms', '10m'),
    default: '30s',
    commands: EXPLAIN,
    meaning: 'how long the Kubernetes API server may take to list its objects',
  },
});
