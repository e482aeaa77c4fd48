import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const INSTALL_TIMEOUT_MS = 300_000;
const SOURCE = /(?:\.java|\.sh|pom\.xml)$/;

/** What `install.sh` runs. */
export const ELASTICSEARCH_TOOLS = ['mvn', 'javac', 'python3', 'unzip', 'openssl'] as const;

/**
 * The folder of the Elasticsearch that `install.sh` assembles, assembled at first use and kept outside the checkout,
 * one for each state of its sources. Two runs at once both assemble, and the first to finish is kept.
 */
export async function installElasticsearch(): Promise<string> {
  const folder = join(cacheFolder(), `elasticsearch-${await hashSources()}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await promisify(execFile)(join(HERE, 'install.sh'), [unfinished], { timeout: INSTALL_TIMEOUT_MS });
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  const { E2E_CACHE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
  return E2E_CACHE ?? join(XDG_CACHE_HOME, 'podflow-test');
}

async function hashSources(): Promise<string> {
  const names = (await readdir(HERE, { recursive: true })).filter((name) => SOURCE.test(name)).toSorted();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\n`).update(await readFile(join(HERE, name)));
  return hash.digest('hex').slice(0, 12);
}
