import { describe, expect, test } from '@jest/globals';
import { toDocumentId } from '../../../src/ecs/document/document-id.ts';

describe('toDocumentId', () => {
  test.each([
    ['1:PVmtYbRfnAbElkVAMY+dz/rQOSg=', 1_795_258_800_000, 'PVmtYbRfnAbElkVAMY-dz_-toumk0'],
    ['1:vV4wKVaPo86E68Q+6D9AQ5/Zs08=', 1_795_258_810_000, 'vV4wKVaPo86E68Q-6D9AQ5-toumka'],
    ['1:++++////++++////++++//abcde=', 0, '----____----____----__-0'],
  ])('%s at %d', (joinId, intervalStartMs, id) => {
    expect(toDocumentId(joinId, intervalStartMs, 0)).toBe(id);
    expect(parseInt(id.slice(23), 36)).toBe(intervalStartMs / 1000);
  });

  test('is no way into the bulk body for an observer that calls anything a Community ID', () => {
    expect(toDocumentId('1:"}}\n{"delete":{}}\u00e9\ud83dabcdefgh', 36_000, 0)).toMatch(/^[\w.-]{22}-10$/);
    expect(toDocumentId('1:"', 36_000, 0)).toBe('.-10');
    expect(toDocumentId('', 36_000, 0)).toBe('-10');
  });

  test('is another for another connection or interval, whatever was asked before', () => {
    const ids = ['A', 'B'].flatMap((letter) =>
      [10_000, 20_000, 10_000].map((ms) => toDocumentId(`1:${letter.repeat(27)}=`, ms, 0)),
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toBe(ids[2]);
  });

  test('of a further part of the interval is the first one’s with a number behind', () => {
    expect(toDocumentId('1:PVmtYbRfnAbElkVAMY+dz/rQOSg=', 36_000, 0xffff_ffff)).toBe(
      'PVmtYbRfnAbElkVAMY-dz_-10-1z141z3',
    );
  });
});
