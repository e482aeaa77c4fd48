import { PodflowError } from '../lib/podflow-error.ts';
import { parseEnvironment, type Environment } from './parse-environment.ts';
import { parseFlags, type GivenText } from './parse-flags.ts';
import { toDefault, type Setting, type SettingCommand } from './setting.ts';
import { SETTINGS } from './settings-list.ts';
import { listSettingKeys, type SettingsOf } from './settings.ts';

export interface ResolvedSettings<Command extends SettingCommand> {
  readonly settings: SettingsOf<Command>;
  readonly operands: readonly string[];
}

/**
 * The settings of a command: flag before `PODFLOW_*` before OpenTelemetry's own name before default. Throws one
 * SETTINGS_INVALID that tells everything that is wrong.
 */
export function resolveSettings<Command extends SettingCommand>(
  command: Command,
  args: readonly string[],
  env: Environment,
  operandNames: readonly string[] = [],
): ResolvedSettings<Command> {
  const flags = parseFlags(command, args, operandNames);
  const environment = parseEnvironment(env);
  const problems = [...flags.problems, ...environment.problems];
  const entries = listSettingKeys(command).map((key) => {
    const setting: Setting<unknown> = SETTINGS[key];
    const given = flags.given.get(key) ?? environment.given.get(key) ?? readStandard(setting, env);
    return [key, parseValue(setting, given, toDefault(setting, command), problems)];
  });
  if (problems.length > 0) {
    const list = problems.map((problem) => `- ${problem}`).join('\n');
    throw new PodflowError('SETTINGS_INVALID', { count: problems.length, problems: list });
  }
  return { settings: Object.fromEntries(entries) as SettingsOf<Command>, operands: flags.operands };
}

function readStandard({ standardEnv = [] }: Setting<unknown>, env: Environment): GivenText | undefined {
  const name = standardEnv.find((candidate) => (env[candidate] ?? '') !== '');
  return name === undefined ? undefined : { text: env[name] ?? '', source: name };
}

function parseValue(
  setting: Setting<unknown>,
  given: GivenText | undefined,
  fallback: string | undefined,
  problems: string[],
): unknown {
  const text = given?.text ?? fallback;
  if (text === undefined) return undefined;
  const parsed = setting.form.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const shown = setting.isSecret === true ? '' : ` "${text}"`;
  problems.push(
    `${given?.source ?? 'default'}${shown} ${parsed.error.issues.map(({ message }) => message).join(', ')}.`,
  );
  return undefined;
}
