import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedServer } from '../cached-server.ts';
import { findFreePort, ServerProcess } from '../server-process.ts';

/** Path of the Collector; `describeWithTools` tells whether it is built. */
export const COLLECTOR = cachedServer('collector');

export interface Collector {
  /** Base URL of its OTLP receiver (OTLP_ENDPOINT). */
  readonly url: string;
  /** Its own counters, as Prometheus text. */
  readonly metricsUrl: string;
  readonly pid: number;
  /** All variables that its configuration was given: with them another takes its place, queue included. */
  readonly env: Readonly<Record<string, string>>;
  /** What it has logged. */
  log(): string;
  /** SIGTERM; removes the folder that was made for its queue. */
  stop(): Promise<void>;
  /** SIGKILL; the folder stays. */
  kill(): Promise<void>;
}

const FOLDER = join(tmpdir(), 'podflow-collector-');

/**
 * Starts a Collector with a configuration (a path, or `yaml:` and the text) and waits until it is ready. The variables
 * that otel/*.yaml take have defaults here: a folder of its own for STORAGE_DIRECTORY, and free ports of 127.0.0.1 for
 * its servers.
 */
export async function startCollector(config: string, env: Readonly<Record<string, string>>): Promise<Collector> {
  const full = { ...(await createDefaults(env['STORAGE_DIRECTORY'])), ...env };
  const readyUrl = `http://${full.HEALTH_ENDPOINT}`;
  const server = await ServerProcess.start([COLLECTOR, '--config', config], { env: full, readyUrl });
  return {
    url: `http://${full.OTLP_ENDPOINT.replace('0.0.0.0', '127.0.0.1')}`,
    metricsUrl: `http://${full.METRICS_HOST}:${full.METRICS_PORT}/metrics`,
    pid: server.pid,
    env: full,
    log: () => server.log(),
    stop: async () => {
      await server.stop();
      if (full.STORAGE_DIRECTORY.startsWith(FOLDER)) await rm(full.STORAGE_DIRECTORY, { recursive: true, force: true });
    },
    kill: () => server.kill(),
  };
}

/** Reads configurations, one over the other, as the Collector does; returns what it says against them, '' if nothing. */
export async function validateConfig(...configs: readonly string[]): Promise<string> {
  const defaults = await createDefaults();
  const flags = configs.flatMap((config) => ['--config', config]);
  try {
    const { stdout, stderr } = await promisify(execFile)(COLLECTOR, ['validate', ...flags], {
      env: { ...process.env, ...defaults },
    });
    return stdout + stderr;
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  } finally {
    await rm(defaults.STORAGE_DIRECTORY, { recursive: true, force: true });
  }
}

async function createDefaults(storageFolder?: string) {
  const [health, metrics, otlp] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  return {
    HEALTH_ENDPOINT: `127.0.0.1:${health}`,
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: String(metrics),
    OTLP_ENDPOINT: `127.0.0.1:${otlp}`,
    STORAGE_DIRECTORY: storageFolder ?? (await mkdtemp(FOLDER)),
  };
}
