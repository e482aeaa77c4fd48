/** USER_HZ: the unit of times in /proc, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields of proc_pid_stat(5) behind the command name, counted from 0 there. */
const UTIME = 11;
const STIME = 12;

/**
 * CPU seconds of a process, all threads, out of `/proc/PID/stat`. The command name may hold blanks and parentheses, so
 * the fields are counted from its last closing one.
 */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}
