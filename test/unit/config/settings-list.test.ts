import { describe, expect, test } from '@jest/globals';
import { toEnvName, type Setting } from '../../../src/config/setting.ts';
import { SETTINGS } from '../../../src/config/settings-list.ts';

const LIST: readonly (readonly [string, Setting<unknown>])[] = Object.entries(SETTINGS);

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

describe('the list of settings', () => {
  test('has each flag and each environment name once', () => {
    const names = LIST.flatMap(([, { flag, isSecret }]) => [
      toEnvName(flag),
      ...(isSecret === true ? [`${toEnvName(flag)}_FILE`] : []),
    ]);
    expect(repeated(LIST.map(([, { flag }]) => flag))).toEqual([]);
    expect(repeated(names)).toEqual([]);
    expect(names).toContain('PODFLOW_OTLP_HEADERS_FILE');
  });

  test.each(LIST)('%s is well declared', (key, setting) => {
    expect(setting.flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(setting.meaning).toMatch(/^\S.*[^.\s]$/);
    expect(setting.commands).not.toHaveLength(0);
    const defaults = [setting.default, ...Object.values(setting.defaultFor ?? {})].filter((text) => text !== undefined);
    for (const text of defaults) expect(setting.form.schema.safeParse(text).success).toBe(true);
    for (const command of Object.keys(setting.defaultFor ?? {})) expect(setting.commands).toContain(command);
    if (setting.default === undefined) expect(setting.defaultFor).toBeUndefined();
    // A duration is in milliseconds, and its property says so.
    expect(key.endsWith('Ms')).toBe(setting.form.description.startsWith('duration'));
    expect(key.endsWith('Bytes')).toBe(setting.form.description.startsWith('size'));
  });
});
