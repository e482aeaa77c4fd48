import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { dirname } from 'node:path';

/** Where groups can be made: the one hierarchy of version 2, or one of version 1 that has no settings to inherit. */
const ROOTS = [
  '/sys/fs/cgroup/cgroup.procs',
  '/sys/fs/cgroup/pids/cgroup.procs',
  '/sys/fs/cgroup/freezer/cgroup.procs',
];

/** A control group as a kubelet with the cgroupfs driver makes it for a pod's sandbox. */
export interface PodCgroup {
  readonly podUid: string;
  close(): void;
}

/** Moves a process into a group of a new pod; undefined where control groups are read-only. */
export function enterPodCgroup(pid: number): PodCgroup | undefined {
  const root = ROOTS.find((path) => existsSync(path));
  if (root === undefined) return undefined;
  const podUid = randomUUID();
  const pod = `${dirname(root)}/pod${podUid}`;
  const container = `${pod}/${randomBytes(32).toString('hex')}`;
  try {
    mkdirSync(container, { recursive: true });
    writeFileSync(`${container}/cgroup.procs`, String(pid));
  } catch {
    removeFolders(container, pod);
    return undefined;
  }
  return { podUid, close: () => removeFolders(container, pod) };
}

/** A group goes only once its processes have; one that is still busy stays until the machine goes. */
function removeFolders(...folders: readonly string[]): void {
  for (const folder of folders) {
    for (let attempt = 0; attempt < 50 && existsSync(folder); attempt++) {
      try {
        rmdirSync(folder);
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
    }
  }
}
