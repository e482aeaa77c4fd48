import type { LibraryHandle } from 'koffi';
import { koffi, type NativeFunction } from '../../lib/libc.ts';

/** The calls of libbpf 1.x (bpf/libbpf.h, bpf/bpf.h) that the kernel programs need. */
export interface Libbpf {
  readonly objectOpenMem: NativeFunction;
  readonly objectClose: NativeFunction;
  readonly objectLoad: NativeFunction;
  readonly findProgram: NativeFunction;
  readonly setAutoload: NativeFunction;
  readonly programFd: NativeFunction;
  readonly findMap: NativeFunction;
  readonly mapFd: NativeFunction;
  readonly initialValue: NativeFunction;
  readonly setAutocreate: NativeFunction;
  readonly mapReuseFd: NativeFunction;
  readonly mapCreate: NativeFunction;
  readonly mapUpdateBatch: NativeFunction;
  readonly mapLookup: NativeFunction;
  readonly mapUpdate: NativeFunction;
  readonly mapDelete: NativeFunction;
  readonly mapLookupBatch: NativeFunction;
  readonly programAttach: NativeFunction;
  readonly linkDestroy: NativeFunction;
  readonly btfLoadVmlinux: NativeFunction;
  readonly btfFindByNameKind: NativeFunction;
  readonly btfTypeById: NativeFunction;
  readonly btfNameByOffset: NativeFunction;
  readonly btfFree: NativeFunction;
  /** Runs `work` and returns what libbpf and the verifier said meanwhile beside its result. */
  listen<T>(work: () => T): { readonly result: T; readonly messages: string };
}

const LIBRARY = 'libbpf.so.1';
/** `enum libbpf_print_level`: 0 warning, 1 information, 2 debug. */
const PRINT_INFO = 1;
const MESSAGE_BYTES = 16 * 1024;
const MAX_MESSAGES = 64;
const MESSAGE_LINES = 4;
const MESSAGE_LENGTH = 500;

/**
 * Loads libbpf, once for the process. Errors come back as negative errno values (libbpf 1.x convention).
 * @throws what the dynamic loader says when the library is absent
 */
export function loadLibbpf(): Libbpf {
  return (loaded ??= bind());
}

let loaded: Libbpf | undefined;

function bind(): Libbpf {
  const library = koffi.load(LIBRARY);
  return {
    objectOpenMem: library.func('void *bpf_object__open_mem(const void *bytes, size_t length, const void *options)'),
    objectClose: library.func('void bpf_object__close(void *object)'),
    objectLoad: library.func('int bpf_object__load(void *object)'),
    findProgram: library.func('void *bpf_object__find_program_by_name(const void *object, const char *name)'),
    setAutoload: library.func('int bpf_program__set_autoload(void *program, bool isLoaded)'),
    programFd: library.func('int bpf_program__fd(const void *program)'),
    findMap: library.func('void *bpf_object__find_map_by_name(const void *object, const char *name)'),
    mapFd: library.func('int bpf_map__fd(const void *map)'),
    initialValue: library.func('void *bpf_map__initial_value(void *map, void *size)'),
    setAutocreate: library.func('int bpf_map__set_autocreate(void *map, bool isCreated)'),
    mapReuseFd: library.func('int bpf_map__reuse_fd(void *map, int fd)'),
    mapCreate: library.func(
      'int bpf_map_create(int type, const char *name, uint32_t keyBytes, uint32_t valueBytes, uint32_t entries, const void *options)',
    ),
    mapUpdateBatch: library.func(
      'int bpf_map_update_batch(int fd, const void *keys, const void *values, void *count, const void *options)',
    ),
    mapLookup: library.func('int bpf_map_lookup_elem(int fd, const void *key, void *value)'),
    mapUpdate: library.func('int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)'),
    mapDelete: library.func('int bpf_map_delete_elem(int fd, const void *key)'),
    mapLookupBatch: library.func(
      'int bpf_map_lookup_batch(int fd, void *inBatch, void *outBatch, void *keys, void *values, void *count, const void *options)',
    ),
    programAttach: library.func('void *bpf_program__attach(const void *program)'),
    linkDestroy: library.func('int bpf_link__destroy(void *link)'),
    btfLoadVmlinux: library.func('void *btf__load_vmlinux_btf()'),
    btfFindByNameKind: library.func('int btf__find_by_name_kind(const void *btf, const char *name, uint32_t kind)'),
    btfTypeById: library.func('const void *btf__type_by_id(const void *btf, uint32_t id)'),
    btfNameByOffset: library.func('const char *btf__name_by_offset(const void *btf, uint32_t offset)'),
    btfFree: library.func('void btf__free(void *btf)'),
    listen: createListener(library),
  };
}

/** The verifier tells every instruction it walked; what was wrong stands at the end. */
function toShortText(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-MESSAGE_LINES).join(' | ').slice(-MESSAGE_LENGTH);
}

/**
 * libbpf prints through a callback; its va_list cannot be read here, so the C library formats it. The callback is
 * there only while somebody listens: a registered one keeps the process alive.
 */
function createListener(library: LibraryHandle): Libbpf['listen'] {
  const format = koffi
    .load('libc.so.6')
    .func('int vsnprintf(void *to, size_t size, const char *format, void *arguments)');
  const printType = koffi.pointer(koffi.proto('int', ['int', 'const char *', 'void *']));
  const setPrint = library.func('libbpf_set_print', 'void *', [printType]);
  const text = Buffer.allocUnsafeSlow(MESSAGE_BYTES);
  setPrint(null);
  return (work) => {
    const messages: string[] = [];
    const print = koffi.register((level: number, template: string, args: unknown): number => {
      if (level > PRINT_INFO || messages.length >= MAX_MESSAGES) return 0;
      const length = format(text, text.length, template, args) as number;
      messages.push(text.toString('latin1', 0, Math.min(length, text.length - 1)));
      return length;
    }, printType);
    setPrint(print);
    try {
      const result = work();
      return { result, messages: toShortText(messages.join('')) };
    } finally {
      setPrint(null);
      koffi.unregister(print);
    }
  };
}
