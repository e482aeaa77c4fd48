import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CAPTURES } from '../../fixtures/captures/make-captures.ts';

const FOLDER = new URL('../../fixtures/captures/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name));

describe('the capture files', () => {
  test('are those that the script makes', () => {
    expect(files).toEqual(Object.keys(CAPTURES).toSorted());
  });

  test.each(Object.entries(CAPTURES))('%s has the bytes that the script makes', (name, make) => {
    expect(readFileSync(new URL(name, FOLDER)).equals(make())).toBe(true);
  });

  test('are all explained', () => {
    const text = readFileSync(new URL('README.md', FOLDER), 'utf8');
    expect(files.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
