import { koffi } from '../../lib/libc.ts';
import type { Libbpf } from '../ebpf/libbpf.ts';
import { dropsUnavailable } from './drops-unavailable.ts';

/** linux/btf.h: BTF_KIND_ENUM; `struct btf_type` is three words, `struct btf_enum` two; vlen is the low half of `info`. */
const BTF_KIND_ENUM = 6;
const TYPE_WORDS = 3;
const ENUM_WORDS = 2;
const VLEN_MASK = 0xffff;
const PREFIX = 'SKB_DROP_REASON_';

/**
 * Names of `enum skb_drop_reason` by number, without `SKB_DROP_REASON_`, as the running kernel's type information has
 * them: numbers differ between kernels. Takes some 10 ms and keeps no memory of libbpf's.
 * @throws PodflowError KERNEL_DROPS_UNAVAILABLE when the kernel has no type information, or no such reasons
 */
export function readDropReasonNames(libbpf: Libbpf): ReadonlyMap<number, string> {
  const btf = libbpf.btfLoadVmlinux() as unknown;
  if (!btf) throw dropsUnavailable('the kernel has no type information (CONFIG_DEBUG_INFO_BTF)');
  try {
    const id = libbpf.btfFindByNameKind(btf, 'skb_drop_reason', BTF_KIND_ENUM) as number;
    if (id < 0) throw dropsUnavailable('the kernel tells no reasons of drops (Linux 5.17 is the first that does)');
    return readNames(libbpf, btf, id);
  } finally {
    libbpf.btfFree(btf);
  }
}

function readNames(libbpf: Libbpf, btf: unknown, id: number): ReadonlyMap<number, string> {
  const type = libbpf.btfTypeById(btf, id) as unknown;
  const [, info = 0] = toWords(type, TYPE_WORDS);
  const count = info & VLEN_MASK;
  const words = toWords(type, TYPE_WORDS + ENUM_WORDS * count);
  const names = new Map<number, string>();
  for (let at = TYPE_WORDS; at < words.length; at += ENUM_WORDS) {
    const name = libbpf.btfNameByOffset(btf, words[at]) as string;
    if (name.startsWith(PREFIX)) names.set(words[at + 1] ?? 0, name.slice(PREFIX.length));
    else names.set(words[at + 1] ?? 0, name);
  }
  return names;
}

/** Copied, since the memory goes with the type information. */
function toWords(pointer: unknown, count: number): Uint32Array {
  return new Uint32Array(koffi.view(pointer, count * 4)).slice();
}
