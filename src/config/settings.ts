import type { SettingCommand, ValueOf } from './setting.ts';
import { SETTINGS } from './settings-list.ts';

export type SettingKey = keyof typeof SETTINGS;

/** The settings of one command, resolved: values by property name, units in the names. */
export type SettingsOf<Command extends SettingCommand> = {
  readonly [Key in SettingKey as Command extends (typeof SETTINGS)[Key]['commands'][number] ? Key : never]: ValueOf<
    (typeof SETTINGS)[Key]
  >;
};

export type ProbeSettings = SettingsOf<'probe'>;
export type NodeSettings = SettingsOf<'node'>;
export type EnrichSettings = SettingsOf<'enrich'>;
export type SetupSettings = SettingsOf<'setup'>;
export type ReplaySettings = SettingsOf<'replay'>;
export type ExplainSettings = SettingsOf<'explain'>;
export type EvidenceSettings = SettingsOf<'evidence'>;
export type DemoSettings = SettingsOf<'demo'>;

/** Property names of a command's settings, in the order of the list. */
export function listSettingKeys(command: SettingCommand): SettingKey[] {
  const keys = Object.keys(SETTINGS) as SettingKey[];
  return keys.filter((key) => (SETTINGS[key].commands as readonly SettingCommand[]).includes(command));
}
