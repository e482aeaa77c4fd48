import { checked, koffi, libc } from '../../../src/lib/libc.ts';

/** `enum bpf_stats_type` of linux/bpf.h. */
const BPF_STATS_RUN_TIME = 0;

/**
 * Has the kernel count runs and run time of BPF programs, as `sysctl kernel.bpf_stats_enabled=1` does, which costs some
 * 20 ns a run. The switch is a descriptor (BPF_ENABLE_STATS of bpf(2)): it cannot be left on, since it goes off with
 * the process, however that ends.
 */
export class BpfStats {
  readonly #enable = koffi.load('libbpf.so.1').func('int bpf_enable_stats(int type)');
  #fd: number | undefined;

  /** @throws PodflowError SYSTEM_CALL_FAILED without SYS_ADMIN */
  on(): void {
    this.#fd ??= checked(this.#enable(BPF_STATS_RUN_TIME) as number, 'bpf(BPF_ENABLE_STATS)', 'Run as root.');
  }

  off(): void {
    if (this.#fd !== undefined) libc.close(this.#fd);
    this.#fd = undefined;
  }
}
