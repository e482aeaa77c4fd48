import type { Registry } from 'prom-client';
import type { Log } from '../lib/log.ts';
import type { ExpositionSource } from '../prometheus/exposition-source.ts';
import { createMetricsHandler } from '../prometheus/metrics-handler.ts';
import type { Readiness } from '../web/http-handler.ts';
import { HttpServer } from '../web/http-server.ts';
import { createRouteTable } from '../web/route-table.ts';

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** Written after the registry's text. */
  readonly sources: readonly ExpositionSource[];
  readonly readiness: () => Readiness;
  readonly log: Log;
}

/**
 * Serves /metrics, /healthz and /readyz.
 * @throws PodflowError ADDRESS_IN_USE
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<HttpServer> {
  const { host, port, registry, sources, readiness, log } = options;
  const routes = { '/metrics': createMetricsHandler({ registry, sources, log }) };
  const handler = createRouteTable({ routes, readiness, log });
  const server = new HttpServer({ host, port, flag: '--metrics-port', handler, log });
  const { url } = await server.start();
  log.info({ url: `${url}/metrics` }, 'serving metrics');
  return server;
}
