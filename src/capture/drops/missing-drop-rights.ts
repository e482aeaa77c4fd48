/** linux/capability.h; SYS_ADMIN stands for both, as before Linux 5.8. */
const CAP_SYS_ADMIN = 21;
const CAPABILITIES = { PERFMON: 38, BPF: 39 } as const;

/** The capabilities that a process lacks for the drop program, out of `/proc/PID/status` (proc_pid_status(5)). */
export function findMissingDropRights(status: string): string[] {
  const mask = BigInt(`0x${/^CapEff:\s*([\da-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: number): boolean => ((mask >> BigInt(capability)) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN)) return [];
  return Object.entries(CAPABILITIES).flatMap(([name, capability]) => (has(capability) ? [] : [name]));
}
