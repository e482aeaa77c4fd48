import type { Libbpf } from './libbpf.ts';
import { unavailable } from './unavailable.ts';

/** linux/bpf.h */
const BPF_MAP_TYPE_HASH = 1;
const BPF_F_NO_PREALLOC = 1;
/** `struct bpf_map_create_opts`: size_t sz, then u32s, of which map_flags is the sixth (bpf/bpf.h). */
const CREATE_OPTIONS_BYTES = 48;
const CREATE_OPTIONS_FLAGS_AT = 28;

/**
 * Makes a hash map whose entries take memory only while they are there.
 * @returns its descriptor
 * @throws PodflowError CAPTURE_BACKEND_UNAVAILABLE
 */
export function createHashMap(
  libbpf: Libbpf,
  name: string,
  keyBytes: number,
  valueBytes: number,
  maxEntries: number,
): number {
  const options = Buffer.alloc(CREATE_OPTIONS_BYTES);
  options.writeBigUInt64LE(BigInt(CREATE_OPTIONS_BYTES), 0);
  options.writeUInt32LE(BPF_F_NO_PREALLOC, CREATE_OPTIONS_FLAGS_AT);
  const fd = libbpf.mapCreate(BPF_MAP_TYPE_HASH, name, keyBytes, valueBytes, maxEntries, options) as number;
  if (fd < 0) throw unavailable(`the map ${name} of ${maxEntries} entries cannot be made (errno ${-fd})`);
  return fd;
}
