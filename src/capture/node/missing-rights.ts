import { readFileSync } from 'node:fs';
import { PodflowError } from '../../lib/podflow-error.ts';

/** linux/capability.h */
const CAP = { NET_RAW: 13, SYS_PTRACE: 19, SYS_ADMIN: 21, BPF: 39 } as const;

/** What the process may do, out of what the capture of a node asks for. */
export interface NodeRights {
  readonly hasNetRaw: boolean;
  readonly hasBpf: boolean;
  /** May enter the pods' network namespaces. */
  readonly hasSysAdmin: boolean;
  /** May see which namespaces the processes of other users are in. */
  readonly hasSysPtrace: boolean;
}

/** Reads the effective capabilities out of `/proc/PID/status` (proc_pid_status(5)). */
export function parseRights(status: string): NodeRights {
  const mask = BigInt(`0x${/^CapEff:\s*([\da-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: number): boolean => ((mask >> BigInt(capability)) & 1n) === 1n;
  const hasSysAdmin = has(CAP.SYS_ADMIN);
  return {
    hasNetRaw: has(CAP.NET_RAW),
    // Before BPF had a capability of its own (Linux 5.8), and still, SYS_ADMIN stands for it.
    hasBpf: has(CAP.BPF) || hasSysAdmin,
    hasSysAdmin,
    hasSysPtrace: has(CAP.SYS_PTRACE),
  };
}

/**
 * Makes sure that a node can be observed at all.
 * @returns what works less well without a right, as a sentence each
 * @throws PodflowError CAPTURE_RIGHT_MISSING naming every right that nothing works without
 */
export function checkRights(
  rights: NodeRights = parseRights(readFileSync('/proc/thread-self/status', 'latin1')),
): string[] {
  const missing = [
    ...(rights.hasNetRaw ? [] : ['NET_RAW (sockets at interfaces)']),
    ...(rights.hasBpf ? [] : ['BPF (the program that counts flows)']),
  ];
  if (missing.length > 0)
    throw new PodflowError('CAPTURE_RIGHT_MISSING', {
      interfaceName: 'the pods of this node',
      reasons: `the process lacks ${missing.join(' and ')}`,
    });
  return [
    ...(rights.hasSysAdmin
      ? []
      : [
          'without SYS_ADMIN pods cannot be entered: no names and UIDs of pods, and no pods without a host-side interface',
        ]),
    ...(rights.hasSysPtrace ? [] : ['without SYS_PTRACE the namespaces of other users’ pods are not found']),
  ];
}
