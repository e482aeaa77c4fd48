import type { LibraryHandle } from 'koffi';
import { koffi, type NativeFunction } from '../../lib/libc.ts';

/** The calls of libbpf 1.x (bpf/libbpf.h, bpf/bpf.h) that the flow program needs. */
export interface Libbpf {
  readonly objectOpenMem: NativeFunction;
  readonly objectClose: NativeFunction;
  readonly objectLoad: NativeFunction;
  readonly findProgram: NativeFunction;
  readonly programFd: NativeFunction;
  readonly findMap: NativeFunction;
  readonly mapFd: NativeFunction;
  readonly initialValue: NativeFunction;
  readonly mapCreate: NativeFunction;
  readonly mapUpdateBatch: NativeFunction;
  readonly mapLookupBatch: NativeFunction;
  /** What libbpf and the verifier said since the last call. */
  takeMessages(): string;
}

const LIBRARY = 'libbpf.so.1';

/**
 * Loads libbpf. Errors come back as negative errno values (libbpf 1.x convention).
 * @throws what the dynamic loader says when the library is absent
 */
export function loadLibbpf(): Libbpf {
  const library = koffi.load(LIBRARY);
  const messages = captureMessages(library);
  return {
    objectOpenMem: library.func('void *bpf_object__open_mem(const void *bytes, size_t length, const void *options)'),
    objectClose: library.func('void bpf_object__close(void *object)'),
    objectLoad: library.func('int bpf_object__load(void *object)'),
    findProgram: library.func('void *bpf_object__find_program_by_name(const void *object, const char *name)'),
    programFd: library.func('int bpf_program__fd(const void *program)'),
    findMap: library.func('void *bpf_object__find_map_by_name(const void *object, const char *name)'),
    mapFd: library.func('int bpf_map__fd(const void *map)'),
    initialValue: library.func('void *bpf_map__initial_value(void *map, void *size)'),
    mapCreate: library.func(
      'int bpf_map_create(int type, const char *name, uint32_t keyBytes, uint32_t valueBytes, uint32_t entries, const void *options)',
    ),
    mapUpdateBatch: library.func(
      'int bpf_map_update_batch(int fd, const void *keys, const void *values, void *count, const void *options)',
    ),
    mapLookupBatch: library.func(
      'int bpf_map_lookup_batch(int fd, void *inBatch, void *outBatch, void *keys, void *values, void *count, const void *options)',
    ),
    takeMessages: () => messages.splice(0).join('').trim(),
  };
}

/** libbpf prints through a callback; its va_list cannot be read here, so the C library formats it. */
function captureMessages(library: LibraryHandle): string[] {
  const messages: string[] = [];
  const format = koffi
    .load('libc.so.6')
    .func('int vsnprintf(void *to, size_t size, const char *format, void *arguments)');
  const prototype = koffi.proto('int podflow_libbpf_print(int level, const char *format, void *arguments)');
  const text = Buffer.allocUnsafeSlow(16 * 1024);
  const print = (level: number, template: string, args: unknown): number => {
    if (level > 1) return 0; // 0 warning, 1 information, 2 debug
    const length = format(text, text.length, template, args) as number;
    if (messages.length < 64) messages.push(text.toString('latin1', 0, Math.min(length, text.length - 1)));
    return length;
  };
  const setPrint = library.func('void *libbpf_set_print(podflow_libbpf_print *print)');
  setPrint(koffi.register(print, koffi.pointer(prototype)));
  return messages;
}
