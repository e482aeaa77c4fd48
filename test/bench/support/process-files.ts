import { readdirSync, readFileSync } from 'node:fs';
import { parseBpfFdinfo, type BpfObject } from './bpf-fdinfo.ts';

/** A file of a process; undefined when the process has gone. */
export function readProcessFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** The processes and all that descend from them (needs CONFIG_PROC_CHILDREN, as distributions have it). */
export function listProcessTree(roots: readonly number[]): number[] {
  const tree = [...roots];
  for (let i = 0; i < tree.length; i++) {
    const pid = tree[i] ?? 0;
    for (const thread of listFolder(`/proc/${pid}/task`))
      tree.push(...toNumbers(readProcessFile(pid, `task/${thread}/children`) ?? ''));
  }
  return tree;
}

/** The BPF programs and maps that the processes hold open, each once. */
export function readBpfObjects(pids: readonly number[]): BpfObject[] {
  const objects = new Map<string, BpfObject>();
  for (const pid of pids)
    for (const fd of listFolder(`/proc/${pid}/fdinfo`)) {
      const object = parseBpfFdinfo(readProcessFile(pid, `fdinfo/${fd}`) ?? '');
      if (object !== undefined) objects.set(`${object.kind} ${object.id}`, object);
    }
  return [...objects.values()];
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function toNumbers(text: string): number[] {
  return text.split(' ').filter(Boolean).map(Number);
}
