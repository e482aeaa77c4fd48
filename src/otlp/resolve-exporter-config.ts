import { accessSync, constants } from 'node:fs';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import {
  getSharedConfigurationFromEnvironment,
  type OTLPExporterNodeConfigBase,
} from '@opentelemetry/otlp-exporter-base/node-http';
import { PodflowError } from '../lib/podflow-error.ts';
import { LOGS_PATH, LOGS_SIGNAL, type OtlpOptions } from './otlp-options.ts';

/** Environment names, both the signal's own and the common one, whose value must be a URL, or a file. */
const ENDPOINT_NAMES = toNames('ENDPOINT');
const FILE_NAMES = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].flatMap(toNames);

/** The part of the options that says where and how requests go. */
export type EndpointOptions = Pick<OtlpOptions, 'endpoint' | 'headers' | 'compression' | 'timeoutMs' | 'scopeVersion'>;
export type ExporterConfig = OTLPExporterNodeConfigBase & { readonly compression: CompressionAlgorithm };

/**
 * What the options say, in the form that the OpenTelemetry exporters take; what is left out they take from the
 * environment. Compression is always said, since podflow's default is another than theirs.
 * Throws SETTINGS_INVALID with every problem found, in the environment too, where the exporters would fall back to
 * their defaults without a word.
 */
export function resolveExporterConfig(options: EndpointOptions): ExporterConfig {
  const problems = findProblems(options, process.env);
  if (problems.length > 0)
    throw new PodflowError('SETTINGS_INVALID', { count: problems.length, problems: problems.join('\n') });
  const { endpoint, headers, timeoutMs } = options;
  const compression = options.compression ?? getSharedConfigurationFromEnvironment(LOGS_SIGNAL).compression ?? 'gzip';
  return {
    userAgent: `podflow/${options.scopeVersion}`,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    ...(endpoint === undefined ? {} : { url: toLogsUrl(endpoint) }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
  };
}

function findProblems(options: EndpointOptions, env: NodeJS.ProcessEnv): string[] {
  const endpoints = [['endpoint', options.endpoint], ...ENDPOINT_NAMES.map((name) => [name, env[name]])] as const;
  const badEndpoints = endpoints
    .filter(([, value]) => value !== undefined && value !== '' && !isHttpUrl(value))
    .map(([name, value]) => `${name}: "${value}" is no http:// or https:// URL`);
  const badFiles = FILE_NAMES.filter((name) => env[name] && !isReadable(env[name])).map(
    (name) => `${name}: ${env[name]} cannot be read`,
  );
  return [...badEndpoints, ...badFiles];
}

function toNames(suffix: string): string[] {
  return [`OTEL_EXPORTER_OTLP_${LOGS_SIGNAL}_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`];
}

/** As the specification builds it from OTEL_EXPORTER_OTLP_ENDPOINT; a URL that names the path already is kept. */
function toLogsUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith(`/${LOGS_PATH}`)) url.pathname = url.pathname.replace(/\/?$/, `/${LOGS_PATH}`);
  return url.href;
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
