import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { toRecordDoc } from '../../src/config/record-doc.ts';
import { toSettingsDoc } from '../../src/config/settings-doc.ts';
import { ROOT } from '../support/source-files.ts';

describe('the documentation made from lists is fresh (npm run docs)', () => {
  test.each([
    ['src/config/settings.md', toSettingsDoc],
    ['src/model/record.md', toRecordDoc],
  ])('%s', (path, toDoc) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(toDoc());
  });
});
