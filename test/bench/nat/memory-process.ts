import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { ConntrackMirror } from '../../../src/nat/conntrack-mirror.ts';
import { parseProcessMemory } from '../support/proc-memory.ts';
import { BENCH_ENTRIES } from './bulk-entries.ts';

/**
 * Prints by how many MiB this process grows with a mirror of the namespace named by its argument: anonymous memory
 * without garbage, after a mirror of an empty namespace, in which the code was loaded.
 */
async function createMirror(namespacePath: string): Promise<ConntrackMirror> {
  const mirror = new ConntrackMirror({ source: 'netlink', namespacePath }, SILENT_LOG);
  await mirror.start();
  return mirror;
}

async function readAnonymousMib(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let i = 0; i < 4; i++) collectGarbage();
  await setTimeout(500);
  return parseProcessMemory(readFileSync('/proc/self/status', 'utf8')).anonymous / 2 ** 20;
}

const empty = await NetworkNamespace.create('empty');
await (await createMirror(empty.path)).stop();
empty.close();
const beforeMib = await readAnonymousMib();
const mirror = await createMirror(process.argv[2] ?? '');
const afterMib = await readAnonymousMib();
assert.equal(mirror.counters().entries, BENCH_ENTRIES);
await mirror.stop();
process.stdout.write(JSON.stringify(afterMib - beforeMib));
