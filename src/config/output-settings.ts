import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { RUNS, RECORDING, SERVING } from './setting-commands.ts';

/** Where records and counters go. */
export const OUTPUT_SETTINGS = declareSettings({
  otlpEndpoint: {
    flag: 'otlp-endpoint',
    form: form.httpUrl(),
    default: undefined,
    commands: RUNS,
    meaning:
      'base address of the OTLP receiver, to which /v1/logs is added; nothing is sent unless it or OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT is set; enrich and demo send their documents as body maps',
  },
  otlpEncoding: {
    flag: 'otlp-encoding',
    form: form.otlpEncoding(),
    default: 'protobuf',
    commands: RECORDING,
    meaning: 'encoding of OTLP requests',
    standardEnv: ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  },
  otlpCompression: {
    flag: 'otlp-compression',
    form: form.choice('gzip', 'none'),
    default: 'gzip',
    commands: RUNS,
    meaning: 'compression of OTLP requests',
    standardEnv: ['OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
  },
  otlpHeaders: {
    flag: 'otlp-headers',
    form: form.headers(),
    default: undefined,
    commands: RUNS,
    meaning: 'headers of OTLP requests, beside those of OTEL_EXPORTER_OTLP_[LOGS_]HEADERS',
    isSecret: true,
  },
  otlpTimeoutMs: {
    flag: 'otlp-timeout',
    form: form.duration('100ms', '10m'),
    default: undefined,
    commands: RUNS,
    meaning: 'time for one OTLP request; otherwise OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT, otherwise 10s',
  },
  otlpQueueRecords: {
    flag: 'otlp-queue-records',
    form: form.count(1, 16_777_216),
    default: '131072',
    commands: RECORDING,
    meaning: 'records held while the receiver is away: two minutes of 1,000 a second',
  },
  otlpBatchRecords: {
    flag: 'otlp-batch-records',
    form: form.count(1, 65_536),
    default: '1000',
    commands: RECORDING,
    meaning: 'records in one OTLP request',
  },
  metricsHost: {
    flag: 'metrics-host',
    form: form.ipAddress(),
    default: '0.0.0.0',
    defaultFor: { demo: '127.0.0.1' },
    commands: SERVING,
    meaning: 'address on which /metrics, /healthz, /readyz and the API listen',
  },
  metricsPort: {
    flag: 'metrics-port',
    form: form.portOrOff(),
    default: '9464',
    defaultFor: { demo: '0' },
    commands: SERVING,
    meaning: 'port of /metrics, /healthz, /readyz and the API; 0 is any free one',
  },
  pairSeriesLimit: {
    flag: 'pair-series-limit',
    form: form.count(0, 1_000_000),
    default: '10000',
    commands: SERVING,
    meaning: 'pod pairs with series of their own; the rest counts into the pair "other"',
  },
  pairSeriesTtlMs: {
    flag: 'pair-series-ttl',
    form: form.duration('1m', '24h'),
    default: '15m',
    commands: SERVING,
    meaning: 'a pair without traffic for so long loses its series',
  },
  output: {
    flag: 'output',
    form: form.choice('none', 'table', 'ndjson', 'otlp-json'),
    default: 'none',
    commands: RECORDING,
    meaning: 'how records are also written',
  },
  outputFile: {
    flag: 'output-file',
    form: form.text('path'),
    default: undefined,
    commands: RUNS,
    meaning: 'where --output or --documents writes; otherwise stdout',
  },
});
