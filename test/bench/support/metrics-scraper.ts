import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import type { ExpositionSource } from '../../../src/prometheus/exposition-source.ts';
import { createMetricsHandler } from '../../../src/prometheus/metrics-handler.ts';

const CLIENT = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
const isSeries = (byte) => byte !== undefined && byte !== 35 && byte !== 10;
process.on('message', (encoding) => {
  const headers = encoding === 'gzip' ? { 'accept-encoding': 'gzip' } : {};
  http.get({ host: '127.0.0.1', port: process.env.SCRAPE_PORT, path: '/metrics', agent, headers }, (response) => {
    let byteCount = 0;
    let series = 0;
    let last = 10;
    response.on('data', (chunk) => {
      byteCount += chunk.length;
      if (encoding === 'gzip') return;
      if (last === 10 && isSeries(chunk[0])) series++;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) if (isSeries(chunk[at + 1])) series++;
      last = chunk[chunk.length - 1];
    });
    response.on('end', () => process.send({ byteCount, series }));
  });
});`;

export interface Scrape {
  readonly ms: number;
  /** The longest that the event loop was held up within it; on a busy machine a part is the wait for a core. */
  readonly blockMs: number;
  readonly byteCount: number;
  /** Lines of samples; 0 where gzipped. */
  readonly series: number;
}

/** Scrapes a source over loopback by a client in a process of its own. */
export class MetricsScraper {
  readonly #server: Server;
  readonly #client: ChildProcess;

  private constructor(server: Server, client: ChildProcess) {
    this.#server = server;
    this.#client = client;
  }

  static async start(source: ExpositionSource): Promise<MetricsScraper> {
    const handler = createMetricsHandler({ registry: new Registry(), sources: [source], log: SILENT_LOG });
    const server = createServer((request, response) => void handler(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const client = spawn(process.execPath, ['-e', CLIENT], {
      env: { ...process.env, SCRAPE_PORT: port },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new MetricsScraper(server, client);
  }

  async scrape(encoding: 'plain' | 'gzip'): Promise<Scrape> {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const startMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<{ byteCount: number; series: number }>();
    this.#client.once('message', resolve);
    this.#client.send(encoding);
    const answer = await promise;
    const ms = performance.now() - startMs;
    delay.disable();
    return { ...answer, ms, blockMs: delay.max / 1e6 - 1 };
  }

  stop(): void {
    this.#client.disconnect();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
