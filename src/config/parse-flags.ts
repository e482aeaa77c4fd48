import { parseArgs } from 'node:util';
import { resolveNearestName } from '../lib/nearest-name.ts';
import type { SettingCommand } from './setting.ts';
import { SETTINGS } from './settings-list.ts';
import { listSettingKeys, type SettingKey } from './settings.ts';

/** The text of a setting and where it came from, as a problem names it. */
export interface GivenText {
  readonly text: string;
  readonly source: string;
}

export interface ParsedFlags {
  readonly given: ReadonlyMap<SettingKey, GivenText>;
  readonly operands: readonly string[];
  readonly problems: readonly string[];
}

/** Reads a command's arguments. A flag given twice counts as it was given last; all that is wrong is collected. */
export function parseFlags(
  command: SettingCommand,
  args: readonly string[],
  operandNames: readonly string[],
): ParsedFlags {
  const keyByFlag = new Map(listSettingKeys(command).map((key) => [SETTINGS[key].flag as string, key]));
  const options = Object.fromEntries([...keyByFlag].map(([flag, key]) => [flag, { type: toOptionType(key) }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<SettingKey, GivenText>();
  const operands: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const key = keyByFlag.get(token.name);
    const text = token.value ?? (key !== undefined && toOptionType(key) === 'boolean' ? 'true' : undefined);
    if (key === undefined) problems.push(toUnknownFlag(command, token.rawName, keyByFlag.keys()));
    else if (text === undefined) problems.push(`${token.rawName} needs a value: ${SETTINGS[key].form.description}.`);
    else given.set(key, { text, source: token.rawName });
  }
  // Behind an unknown flag nobody can tell its value from an operand.
  const mayJudge = operands.length < operandNames.length || problems.length === 0;
  return { given, operands, problems: mayJudge ? [...problems, ...judgeOperands(operands, operandNames)] : problems };
}

function toOptionType(key: SettingKey): 'boolean' | 'string' {
  const form: { readonly isSwitch?: true } = SETTINGS[key].form;
  return form.isSwitch === true ? 'boolean' : 'string';
}

function toUnknownFlag(command: SettingCommand, rawName: string, flags: Iterable<string>): string {
  const elsewhere = Object.values(SETTINGS).find((setting) => `--${setting.flag}` === rawName);
  if (elsewhere !== undefined) return `${rawName} is no flag of ${command}, but of ${elsewhere.commands.join(', ')}.`;
  const nearest = resolveNearestName(rawName.replace(/^-+/, ''), flags);
  return `${rawName} is no flag.${nearest === undefined ? '' : ` Did you mean --${nearest}?`}`;
}

/** A last name that ends in `…` stands for one or more. */
function judgeOperands(operands: readonly string[], names: readonly string[]): string[] {
  const missing = names.slice(operands.length).map((name) => `${name} is missing.`);
  if (names.at(-1)?.endsWith('…') === true) return missing;
  return [...missing, ...operands.slice(names.length).map((operand) => `"${operand}" is one argument too many.`)];
}
