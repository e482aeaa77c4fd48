import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('cached.sh', import.meta.url));

/** Path of a server's executable as `deploy/setup.sh e2e` builds it; whether it is there is for the caller to see. */
export function cachedServer(name: 'kubernetes' | 'collector' | 'policy-peer'): string {
  const folder = execFileSync('sh', [SCRIPT, name], { encoding: 'utf8' }).trim();
  return join(folder, name === 'kubernetes' ? 'cluster' : name);
}
