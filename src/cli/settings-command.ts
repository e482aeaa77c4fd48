import { resolveSettings } from '../config/resolve-settings.ts';
import { toEnvName, type Setting } from '../config/setting.ts';
import { SETTINGS } from '../config/settings-list.ts';
import { toColumns } from '../lib/to-columns.ts';
import type { Invocation } from './invocation.ts';

/** `podflow settings [--json]`: the list itself, not the values. */
export function settingsCommand({ args, env, stdout }: Invocation): Promise<void> {
  const { settings } = resolveSettings('settings', args, env);
  const list = Object.values(SETTINGS).map(toListed);
  if (settings.json) stdout.write(`${JSON.stringify(list, null, 2)}\n`);
  else stdout.write(toColumns([['FLAG', 'ENVIRONMENT', 'FORM', 'DEFAULT', 'COMMANDS', 'MEANING'], ...list.map(toRow)]));
  return Promise.resolve();
}

type Listed = ReturnType<typeof toListed>;

function toListed(setting: Setting<unknown>) {
  return {
    flag: `--${setting.flag}`,
    env: toEnvName(setting.flag),
    form: setting.form.description,
    default: setting.default ?? null,
    defaultFor: setting.defaultFor ?? {},
    commands: setting.commands,
    secret: setting.isSecret === true,
    standardEnv: setting.standardEnv ?? [],
    meaning: setting.meaning,
  };
}

function toRow({ flag, env, form, default: fallback, commands, meaning }: Listed): string[] {
  return [flag, env, form, fallback ?? '-', commands.join(','), meaning];
}
