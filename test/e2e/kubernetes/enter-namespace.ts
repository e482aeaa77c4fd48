import { closeSync, openSync } from 'node:fs';
import { checked, libc } from '../../../src/lib/libc.ts';

/** sched.h */
const CLONE_NEWNET = 0x40000000;
const OWN = '/proc/thread-self/ns/net';

/**
 * Puts this thread into a network namespace: sockets that it makes from now on and child processes that it starts are
 * there. Returns the way back.
 */
export function enterNamespace(path: string): () => void {
  const home = openSync(OWN, 'r');
  const target = openSync(path, 'r');
  enter(target);
  closeSync(target);
  let isBack = false;
  return () => {
    if (isBack) return;
    isBack = true;
    enter(home);
    closeSync(home);
  };
}

function enter(fd: number): void {
  checked(libc.setns(fd, CLONE_NEWNET) as number, 'setns', 'This needs root.');
}
