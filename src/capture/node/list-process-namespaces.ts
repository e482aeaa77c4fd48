import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parsePodCgroup, type PodCgroup } from './parse-pod-cgroup.ts';

/** A network namespace that processes live in, and the pod that they belong to. */
export interface ProcessNamespace {
  /** As the kernel names it: `net:[4026531840]`. The number is given anew once the namespace is gone. */
  readonly name: string;
  /** One of the processes in it. */
  readonly pid: number;
  /** By which it can be entered while that process lives. */
  readonly path: string;
  readonly pod: PodCgroup | undefined;
}

export interface ProcessScan {
  readonly namespaces: ReadonlyMap<string, ProcessNamespace>;
  /** Processes whose namespace we may not see (SYS_PTRACE is needed for those of other users). */
  readonly forbidden: number;
}

/** Processes between two turns of the event loop: about 1 ms. */
const SLICE = 128;
/** Processes of one namespace that are asked for their pod; a tool that somebody runs in there has none. */
const MAX_ASKED = 8;

/** Name of the network namespace of a process; undefined when it has gone, `null` when we may not see it. */
export function readNamespaceName(procPath: string, pid: number): string | undefined | null {
  try {
    return readlinkSync(`${procPath}/${pid}/ns/net`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EACCES' || code === 'EPERM' ? null : undefined;
  }
}

/** Whether the process by which a namespace was found is still in it. */
export function isStillThere(namespace: ProcessNamespace): boolean {
  try {
    return readlinkSync(namespace.path) === namespace.name;
  } catch {
    return false;
  }
}

/**
 * Looks through all processes for the network namespaces they are in; the event loop gets its turn between slices.
 * @param hostName the namespace that is left out
 * @param known what an earlier scan found: kept for a namespace whose process is still in it
 */
export async function listProcessNamespaces(
  procPath: string,
  hostName: string,
  known: ReadonlyMap<string, ProcessNamespace>,
): Promise<ProcessScan> {
  const pidsByName = new Map<string, number[]>();
  let forbidden = 0;
  for (const [i, pid] of listPids(procPath).entries()) {
    if (i % SLICE === SLICE - 1) await nextTurn();
    const name = readNamespaceName(procPath, pid);
    if (name === null) forbidden++;
    if (typeof name !== 'string' || name === hostName) continue;
    const pids = pidsByName.get(name);
    if (pids === undefined) pidsByName.set(name, [pid]);
    else pids.push(pid);
  }
  const namespaces = new Map<string, ProcessNamespace>();
  for (const [name, pids] of pidsByName) {
    const before = known.get(name);
    const isKept = before?.pod !== undefined && pids.includes(before.pid);
    namespaces.set(name, isKept ? before : describe(procPath, name, pids));
  }
  return { namespaces, forbidden };
}

function listPids(procPath: string): number[] {
  return readdirSync(procPath)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The first process that is of a pod stands for the namespace, else the first of all. */
function describe(procPath: string, name: string, pids: readonly number[]): ProcessNamespace {
  for (const pid of pids.slice(0, MAX_ASKED)) {
    const pod = readPod(procPath, pid);
    if (pod !== undefined) return { name, pid, path: `${procPath}/${pid}/ns/net`, pod };
  }
  const pid = pids[0] ?? 0;
  return { name, pid, path: `${procPath}/${pid}/ns/net`, pod: undefined };
}

function readPod(procPath: string, pid: number): PodCgroup | undefined {
  try {
    return parsePodCgroup(readFileSync(`${procPath}/${pid}/cgroup`, 'latin1'));
  } catch {
    return undefined;
  }
}
