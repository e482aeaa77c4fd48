import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdmin, type Admin } from './admin.ts';
import { installElasticsearch } from './install-elasticsearch.ts';
import { startNode } from './node-process.ts';
import { createCertificate, SECURITY_SETTINGS, TLS_SETTINGS, writeSuperuser } from './security-files.ts';

const READY = '/_cluster/health?wait_for_status=yellow&timeout=60s';

const LOG4J = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

export type Settings = Readonly<Record<string, string>>;

export interface ElasticsearchServerOptions {
  /** Users, roles and API keys; one superuser with a random password. */
  readonly security?: boolean;
  /** HTTPS by a self-signed certificate for 127.0.0.1, with security. */
  readonly tls?: boolean;
  readonly settings?: Settings;
}

/** A single node on loopback with data of its own, which ends with the process that started it. */
export interface ElasticsearchServer {
  /** What `installElasticsearch` made. */
  readonly home: string;
  readonly url: string;
  /** The superuser; empty without security. */
  readonly user: string;
  readonly password: string;
  /** The certificate in PEM, undefined without TLS. */
  readonly ca: string | undefined;
  readonly admin: Admin;
  /** Of the running node. */
  pid(): number;
  /** Ends the node and keeps its data. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port with the same data; the given settings are added to the first ones. */
  resume(settings?: Settings): Promise<void>;
  /** Ends the node and removes its data. Safe twice. */
  stop(): Promise<void>;
}

/** Starts a real Elasticsearch and waits until it answers; the first call on a machine assembles it. */
export async function startElasticsearch(options: ElasticsearchServerOptions = {}): Promise<ElasticsearchServer> {
  const home = await installElasticsearch();
  const folder = await mkdtemp(join(tmpdir(), 'podflow-elasticsearch-'));
  try {
    return await startIn(folder, home, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  folder: string,
  home: string,
  options: ElasticsearchServerOptions,
): Promise<ElasticsearchServer> {
  const { tls = false, security = tls } = options;
  const config = join(folder, 'config');
  await mkdir(config);
  await writeFile(join(config, 'log4j2.properties'), LOG4J);
  const { user, password } = security ? await writeSuperuser(config) : { user: '', password: '' };
  const ca = tls ? await createCertificate(config) : undefined;
  const plan = { home, modules: join(home, security ? 'modules' : 'plain-modules'), folder };
  let settings = toSettings(folder, { ...options, security, tls });
  let node = await startNode({ ...plan, settings });
  settings = { ...settings, 'http.port': String(node.port) };
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${node.port}`;
  const admin = createAdmin(url, user, password, ca);
  const stop = async (): Promise<void> => {
    await node.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  await untilReady(admin).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ...{ home, url, user, password, ca, admin, stop },
    pid: () => node.pid,
    halt: (signal = 'SIGTERM') => node.end(signal),
    resume: async (more = {}) => {
      settings = { ...settings, ...more };
      node = await startNode({ ...plan, settings });
      await untilReady(admin);
    },
  };
}

async function untilReady(admin: Admin): Promise<void> {
  const { status, json } = await admin('GET', READY);
  if (status !== 200) throw new Error(`Elasticsearch is not ready: ${status} ${JSON.stringify(json)}`);
}

function toSettings(folder: string, { security, tls, settings }: ElasticsearchServerOptions): Settings {
  return {
    'http.host': '127.0.0.1',
    'http.port': '0',
    'transport.host': '127.0.0.1',
    'transport.port': '0',
    'discovery.type': 'single-node',
    'cluster.name': 'podflow-test',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    ...(security === true ? SECURITY_SETTINGS : {}),
    ...(tls === true ? TLS_SETTINGS : {}),
    ...settings,
  };
}
