import { toMarkdownTable } from '../lib/markdown-table.ts';
import { toEnvName, type Setting } from './setting.ts';
import { SETTINGS } from './settings-list.ts';

const HEAD = `# Settings

Made from \`settings-list.ts\` by \`node src/config/write-settings-doc.ts\`.

A flag goes before its environment name, that before OpenTelemetry's own name where one is listed, and that before the
default. A setting named so that nobody knows it, or with a value that cannot be, ends the program with exit status 2 and
a list of all that is wrong; an empty environment value counts as none. \`_FILE\` takes a secret from the file that it
names. What Kubernetes sets for a Service named podflow (\`PODFLOW_SERVICE_HOST\` and the like) is no setting.

Durations are written \`500ms\`, \`20s\`, \`5m\` or \`1h\`.

`;

/** The documentation of all settings as a Markdown page, in the form that prettier leaves as it is. */
export function toSettingsDoc(): string {
  const head = ['flag', 'environment', 'form', 'default', 'commands', 'meaning'];
  return HEAD + toMarkdownTable([head, ...Object.values(SETTINGS).map(toRow)]);
}

function toDefaults({ default: fallback, defaultFor = {} }: Setting<unknown>): string {
  if (fallback === undefined) return '';
  return [`\`${fallback}\``, ...Object.entries(defaultFor).map(([command, text]) => `${command} \`${text}\``)].join(
    ', ',
  );
}

function toRow(setting: Setting<unknown>): string[] {
  const name = toEnvName(setting.flag);
  const names = [name, ...(setting.isSecret === true ? [`${name}_FILE`] : []), ...(setting.standardEnv ?? [])];
  return [
    `\`--${setting.flag}\``,
    names.map((each) => `\`${each}\``).join(', '),
    setting.form.description,
    toDefaults(setting),
    setting.commands.join(', '),
    setting.meaning,
  ];
}
