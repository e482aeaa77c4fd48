/** Memory of a process, in bytes. */
export interface ProcessMemory {
  readonly anonymous: number;
  readonly resident: number;
}

/** Reads RssAnon and VmRSS out of `/proc/PID/status` (proc_pid_status(5), told in KiB); 0 for a kernel thread. */
export function parseProcessMemory(status: string): ProcessMemory {
  return { anonymous: readBytes(status, 'RssAnon'), resident: readBytes(status, 'VmRSS') };
}

function readBytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}
