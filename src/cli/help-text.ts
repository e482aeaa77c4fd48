import { toEnvName, type Setting } from '../config/setting.ts';
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
  const settings = command.settings === undefined ? [] : listSettingKeys(command.settings).map((key) => SETTINGS[key]);
  return [`Usage: ${usage.join(' ')}`, '', `  ${command.summary}`, '', ...settings.map(toSettingLines)].join('\n');
}

function toSettingLines(setting: Setting<unknown>): string {
  const value = setting.form.isSwitch === true ? '' : ` <${setting.form.description}>`;
  const fallback = setting.default === undefined ? '' : ` (default ${setting.default})`;
  return `  --${setting.flag}${value}\n      ${setting.meaning}${fallback}\n      ${toEnvName(setting.flag)}\n`;
}
