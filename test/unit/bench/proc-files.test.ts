import { describe, expect, test } from '@jest/globals';
import { parseBpfFdinfo } from '../../bench/support/bpf-fdinfo.ts';
import { parseProcessMemory } from '../../bench/support/proc-memory.ts';
import { parseCpuSeconds } from '../../bench/support/proc-stat.ts';

describe('parseCpuSeconds', () => {
  // proc_pid_stat(5): pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime …
  const after = 'S 1 1 1 0 -1 4194560 111 222 333 444 150 25 7 8 20 0 11 0 5000';

  test('adds user and system time, not that of ended children', () => {
    expect(parseCpuSeconds(`42 (node) ${after}`)).toBe(1.75);
  });

  test('is not misled by a command name with blanks and parentheses', () => {
    expect(parseCpuSeconds(`42 (a) 1 2 (b) ${after}`)).toBe(1.75);
  });
});

describe('parseProcessMemory', () => {
  test('reads the resident and the anonymous part', () => {
    const status =
      'Name:\tnode\nVmHWM:\t   99999 kB\nVmRSS:\t   61232 kB\nRssAnon:\t   16000 kB\nRssFile:\t   45232 kB\n';
    expect(parseProcessMemory(status)).toEqual({ anonymous: 16_000 * 1024, resident: 61_232 * 1024 });
  });

  test('knows none of a kernel thread', () => {
    expect(parseProcessMemory('Name:\tkthreadd\nThreads:\t1\n')).toEqual({ anonymous: 0, resident: 0 });
  });
});

describe('parseBpfFdinfo', () => {
  test('reads a program with its run time', () => {
    const text =
      'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t2083\nprog_type:\t1\nprog_jited:\t1\nprog_tag:\t0d7a\n' +
      'memlock:\t8192\nprog_id:\t17\nrun_time_ns:\t7300000\nrun_cnt:\t36500\nrecursion_misses:\t0\nverified_insns:\t2000\n';
    expect(parseBpfFdinfo(text)).toEqual({ kind: 'program', id: 17, runTimeNs: 7_300_000, runCount: 36_500 });
  });

  test('reads a map with the memory it takes', () => {
    const text =
      'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t2083\nmap_type:\t1\nkey_size:\t20\nvalue_size:\t128\n' +
      'max_entries:\t131072\nmap_flags:\t0x1\nmap_extra:\t0x0\nmemlock:\t2097920\nmap_id:\t9\nfrozen:\t0\n';
    expect(parseBpfFdinfo(text)).toEqual({ kind: 'map', id: 9, memoryBytes: 2_097_920 });
  });

  test('takes neither a link of a program nor a plain file for one', () => {
    expect(parseBpfFdinfo('pos:\t0\nlink_type:\ttcx\nlink_id:\t3\nprog_tag:\tab\nprog_id:\t17\nifindex:\t2\n')).toBe(
      undefined,
    );
    expect(parseBpfFdinfo('pos:\t0\nflags:\t0100000\nmnt_id:\t24\nino:\t3\n')).toBe(undefined);
  });
});
