import type { Form } from './forms.ts';

/** The commands that take settings. */
export type SettingCommand =
  'probe' | 'node' | 'enrich' | 'replay' | 'evidence' | 'demo' | 'explain' | 'settings' | 'setup';

export interface Setting<Value> {
  /** The flag without its dashes; the environment name follows from it. */
  readonly flag: string;
  readonly form: Form<Value>;
  /** Text that counts without flag and environment; undefined: the value is then undefined. */
  readonly default: string | undefined;
  /** For commands with another default; only of settings that have one. */
  readonly defaultFor?: Readonly<Partial<Record<SettingCommand, string>>>;
  readonly commands: readonly SettingCommand[];
  readonly meaning: string;
  /** Shown nowhere; may come from the file that `<environment name>_FILE` names. */
  readonly isSecret?: true;
  /** OpenTelemetry's own names, which count where neither the flag nor PODFLOW_* is given; the first set one wins. */
  readonly standardEnv?: readonly string[];
}

/** What a declaration resolves to. */
export type ValueOf<Declared extends Setting<unknown>> =
  Declared extends Setting<infer Value> ? Value | (Declared['default'] extends string ? never : undefined) : never;

/** The text that counts for a command without flag and environment. */
export function toDefault(setting: Setting<unknown>, command: SettingCommand): string | undefined {
  return setting.defaultFor?.[command] ?? setting.default;
}

/** `otlp-endpoint` → `PODFLOW_OTLP_ENDPOINT`. */
export function toEnvName(flag: string): string {
  return `PODFLOW_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Keeps the exact type of each declaration while it checks it. */
export function declareSettings<const List extends Record<string, Setting<unknown>>>(list: List): List {
  return list;
}
