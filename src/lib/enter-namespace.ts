import { PodflowError } from './podflow-error.ts';
import { lastErrnoName, libc } from './libc.ts';

/** fcntl.h and sched.h. */
const O_RDONLY_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;

/**
 * Runs `work` with the calling thread in the network namespace at `path` (such as `/proc/PID/ns/net`), or where it
 * is when `path` is undefined. Sockets made meanwhile stay in that namespace for their life. `work` must be
 * synchronous: nothing else may run in this thread until it is back (setns(2) changes one thread only).
 * @throws PodflowError NAMESPACE_NOT_FOUND when the namespace cannot be opened or entered
 */
export function withNamespace<T>(path: string | undefined, work: () => T): T {
  if (path === undefined) return work();
  const home = openNamespace('/proc/thread-self/ns/net');
  try {
    const target = openNamespace(path);
    try {
      enter(target, path);
      return work();
    } finally {
      libc.close(target);
      enter(home, '/proc/thread-self/ns/net');
    }
  } finally {
    libc.close(home);
  }
}

function openNamespace(path: string): number {
  const fd = libc.open(path, O_RDONLY_CLOEXEC) as number;
  if (fd < 0) throw new PodflowError('NAMESPACE_NOT_FOUND', { path, reason: lastErrnoName() });
  return fd;
}

function enter(fd: number, path: string): void {
  if (libc.setns(fd, CLONE_NEWNET) !== 0)
    throw new PodflowError('NAMESPACE_NOT_FOUND', { path, reason: `setns: ${lastErrnoName()}` });
}
