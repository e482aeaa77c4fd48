import { readFileSync } from 'node:fs';
import { resolveNearestName } from '../lib/nearest-name.ts';
import type { GivenText } from './parse-flags.ts';
import { toEnvName } from './setting.ts';
import { SETTINGS } from './settings-list.ts';
import type { SettingKey } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ParsedEnvironment {
  readonly given: ReadonlyMap<SettingKey, GivenText>;
  readonly problems: readonly string[];
}

/**
 * What Kubernetes itself sets in every pod for a Service whose name begins with "podflow" (service links and Docker
 * links, kubelet `envvars.FromServices`): no setting of ours, though it may bear the name of one.
 */
const SERVICE_LINK_NAME = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;
const SERVICE_LINK_PORT = /^(tcp|udp|sctp):\/\//;

const PREFIX = 'PODFLOW_';

const KEY_BY_NAME = new Map<string, SettingKey>();
const SECRET_BY_FILE_NAME = new Map<string, SettingKey>();
for (const [key, setting] of Object.entries(SETTINGS) as [SettingKey, { flag: string; isSecret?: true }][]) {
  KEY_BY_NAME.set(toEnvName(setting.flag), key);
  if (setting.isSecret === true) SECRET_BY_FILE_NAME.set(`${toEnvName(setting.flag)}_FILE`, key);
}

/** Reads the `PODFLOW_*` names of an environment, in which an empty value counts as none. */
export function parseEnvironment(env: Environment): ParsedEnvironment {
  const given = new Map<SettingKey, GivenText>();
  const problems: string[] = [];
  for (const [name, text] of Object.entries(env).toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    if (!name.startsWith(PREFIX) || text === undefined || text === '' || isServiceLink(name, text)) continue;
    const key = KEY_BY_NAME.get(name);
    const secretKey = SECRET_BY_FILE_NAME.get(name);
    if (key !== undefined) given.set(key, { text, source: name });
    else if (secretKey === undefined) problems.push(toUnknownName(name));
    else if (given.has(secretKey)) problems.push(`${name} and ${given.get(secretKey)?.source} are both set.`);
    else readSecret(name, text, (secret) => given.set(secretKey, secret), problems);
  }
  return { given, problems };
}

function isServiceLink(name: string, text: string): boolean {
  if (!SERVICE_LINK_NAME.test(name)) return false;
  return !KEY_BY_NAME.has(name) || SERVICE_LINK_PORT.test(text);
}

function toUnknownName(name: string): string {
  const known = [...KEY_BY_NAME.keys(), ...SECRET_BY_FILE_NAME.keys()].map(withoutPrefix);
  const nearest = resolveNearestName(withoutPrefix(name), known);
  return `${name} is no setting.${nearest === undefined ? '' : ` Did you mean ${PREFIX}${nearest}?`}`;
}

function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}

function readSecret(name: string, path: string, keep: (secret: GivenText) => void, problems: string[]): void {
  try {
    keep({ text: readFileSync(path, 'utf8').trimEnd(), source: name });
  } catch (error) {
    problems.push(`${name} names "${path}", which cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}
