/** What the kernel tells of a BPF program or map that a process holds open. */
export type BpfObject =
  | { readonly kind: 'program'; readonly id: number; readonly runTimeNs: number; readonly runCount: number }
  | { readonly kind: 'map'; readonly id: number; readonly memoryBytes: number };

/**
 * Parses `/proc/PID/fdinfo/FD` (kernel/bpf/syscall.c: bpf_prog_show_fdinfo, bpf_map_show_fdinfo). Run time and count
 * stand still unless kernel.bpf_stats_enabled is 1. `memlock` is what the map takes now, elements included.
 * @returns undefined for any other descriptor
 */
export function parseBpfFdinfo(text: string): BpfObject | undefined {
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(text)?.[1] ?? NaN);
  const programId = read('prog_id');
  if (!Number.isNaN(programId) && text.includes('run_time_ns:'))
    return { kind: 'program', id: programId, runTimeNs: read('run_time_ns'), runCount: read('run_cnt') };
  const mapId = read('map_id');
  return Number.isNaN(mapId) ? undefined : { kind: 'map', id: mapId, memoryBytes: read('memlock') };
}
