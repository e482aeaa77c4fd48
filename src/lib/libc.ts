import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';
import { PodflowError } from './podflow-error.ts';

/** koffi is CommonJS with a native part: required, so that a bundle can leave it outside. */
export const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');

/** A native function; `.async` runs it in another thread. */
export type NativeFunction = ReturnType<LibraryHandle['func']>;

/** errno values that are told apart (asm-generic/errno.h). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EAGAIN: 11,
  EACCES: 13,
  ENODEV: 19,
  ENOSPC: 28,
  ENETDOWN: 100,
  ENOBUFS: 105,
} as const;

const library: LibraryHandle = koffi.load('libc.so.6');

/** The calls podflow makes; a negative result leaves the cause in `koffi.errno()`. Pointers are given as buffers. */
export const libc = {
  open: library.func('int open(const char *path, int flags)'),
  close: library.func('int close(int fd)'),
  setns: library.func('int setns(int fd, int nstype)'),
  socket: library.func('int socket(int domain, int type, int protocol)'),
  bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
  setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  getsockopt: library.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  send: library.func('int64_t send(int fd, const void *data, size_t length, int flags)'),
  mmap: library.func('void *mmap(void *at, size_t length, int protection, int flags, int fd, int64_t offset)'),
  recv: library.func('int64_t recv(int fd, void *data, size_t length, int flags)'),
  recvmmsg: library.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)'),
} as const;

const ERRNO_NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));

/** Name of the errno that the last call left behind, as `EPERM`. */
export function lastErrnoName(): string {
  const errno = koffi.errno();
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

/** Returns the result of a call, or raises SYSTEM_CALL_FAILED when it is negative. */
export function checked(result: number | bigint, call: string, hint: string): number {
  const value = Number(result);
  if (value < 0) throw new PodflowError('SYSTEM_CALL_FAILED', { call, errno: lastErrnoName(), hint });
  return value;
}
