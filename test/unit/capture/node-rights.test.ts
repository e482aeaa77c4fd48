import { describe, expect, test } from '@jest/globals';
import { checkRights, parseRights } from '../../../src/capture/node/missing-rights.ts';
import { EXIT } from '../../../src/lib/error-catalogue.ts';
import { PodflowError } from '../../../src/lib/podflow-error.ts';

const ALL = parseRights('Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n');

function failureOf(rights: typeof ALL): PodflowError | undefined {
  try {
    checkRights(rights);
    return undefined;
  } catch (error) {
    return error instanceof PodflowError ? error : undefined;
  }
}

describe('the rights that the capture of a node needs', () => {
  test('root has them all', () => {
    expect(ALL).toEqual({ hasNetRaw: true, hasBpf: true, hasSysAdmin: true, hasSysPtrace: true });
    expect(checkRights(ALL)).toEqual([]);
  });

  test.each([
    // bits by capability.h: NET_RAW 13, SYS_PTRACE 19, SYS_ADMIN 21, BPF 39
    ['0000000000002000', { hasNetRaw: true, hasBpf: false, hasSysAdmin: false, hasSysPtrace: false }],
    ['0000008000002000', { hasNetRaw: true, hasBpf: true, hasSysAdmin: false, hasSysPtrace: false }],
    ['0000000000200000', { hasNetRaw: false, hasBpf: true, hasSysAdmin: true, hasSysPtrace: false }],
    ['0000000000080000', { hasNetRaw: false, hasBpf: false, hasSysAdmin: false, hasSysPtrace: true }],
    ['0000000000000000', { hasNetRaw: false, hasBpf: false, hasSysAdmin: false, hasSysPtrace: false }],
  ])('are read from the mask %s', (mask, rights) => {
    expect(parseRights(`CapEff:\t${mask}\n`)).toEqual(rights);
  });

  test('all that nothing works without are named at once, and end with the status for a missing right', () => {
    const failure = failureOf({ hasNetRaw: false, hasBpf: false, hasSysAdmin: false, hasSysPtrace: false });
    expect(failure?.code).toBe('CAPTURE_RIGHT_MISSING');
    expect(failure?.exitCode).toBe(EXIT.missingRight);
    expect(failure?.message).toMatch(/NET_RAW.*BPF/);
  });

  test('without the others it goes on and says what is lacking', () => {
    const shortcomings = checkRights({ ...ALL, hasSysAdmin: false, hasSysPtrace: false });
    expect(shortcomings).toEqual([expect.stringContaining('SYS_ADMIN'), expect.stringContaining('SYS_PTRACE')]);
  });
});
