import { toDefault, toEnvName, type Setting, type SettingCommand } from '../config/setting.ts';
import { SETTINGS } from '../config/settings-list.ts';
import { listSettingKeys } from '../config/settings.ts';
import { COMMANDS, type Command } from './commands.ts';

/** What `podflow help` prints. */
export function toProgramHelp(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'podflow: flows of Kubernetes pods as OpenTelemetry log records and Prometheus counters',
    '',
    'Usage: podflow COMMAND [FLAGS]',
    '',
    ...lines,
    '',
    '`podflow COMMAND --help` tells the flags of a command.',
    'Results go to stdout, the log to stderr. Exit status: 0 done, 1 failed, 2 configuration, 3 missing right.',
    '',
  ].join('\n');
}

/** What `podflow COMMAND --help` prints. */
export function toCommandHelp(command: Command): string {
  const usage = ['podflow', command.name, ...command.operands, ...(command.settings === undefined ? [] : ['[FLAGS]'])];
  const { settings: name } = command;
  const lines = name === undefined ? [] : listSettingKeys(name).map((key) => toSettingLines(SETTINGS[key], name));
  return [`Usage: ${usage.join(' ')}`, '', `  ${command.summary}`, '', ...lines].join('\n');
}

function toSettingLines(setting: Setting<unknown>, command: SettingCommand): string {
  const value = setting.form.isSwitch === true ? '' : ` <${setting.form.description}>`;
  const fallback = toDefault(setting, command);
  const told = fallback === undefined ? '' : ` (default ${fallback})`;
  return `  --${setting.flag}${value}\n      ${setting.meaning}${told}\n      ${toEnvName(setting.flag)}\n`;
}
