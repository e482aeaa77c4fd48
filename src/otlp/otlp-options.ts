import type { Resource } from '../model/resource.ts';
import type { BackoffPolicy } from '../lib/backoff.ts';

/** Signal in the names `OTEL_EXPORTER_OTLP_<SIGNAL>_*`, and its path below the endpoint. */
export const LOGS_SIGNAL = 'LOGS';
export const LOGS_PATH = 'v1/logs';

/**
 * How records are sent. What is undefined comes from the standard `OTEL_EXPORTER_OTLP_LOGS_*` and `OTEL_EXPORTER_OTLP_*`
 * environment names, then from the defaults named here.
 */
export interface OtlpOptions {
  /** Base URL as `OTEL_EXPORTER_OTLP_ENDPOINT` has it: `v1/logs` is appended. Default http://localhost:4318. */
  readonly endpoint?: string | undefined;
  readonly encoding: 'protobuf' | 'json';
  /** Default gzip. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** Added to those of the environment. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long one request may take, default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Records held at most, default 131,072: two minutes of 1,000 flows/s, some 14 MB of compressed protobuf. */
  readonly queueRecords?: number | undefined;
  /** Records of a full batch, default 1,000. */
  readonly batchRecords?: number | undefined;
  /** Age at which a batch is sent though it is not full, default 250: records come in bursts, at the ends of intervals. */
  readonly flushMs?: number | undefined;
  /** Requests side by side, default 1; always 1 with JSON. */
  readonly maxInFlight?: number | undefined;
  readonly backoff?: BackoffPolicy | undefined;
  readonly resource: Resource;
  /** Version of podflow. */
  readonly scopeVersion: string;
}
