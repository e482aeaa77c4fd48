import { toJsonText } from './json-text.ts';

/** Members of a JSON object, without braces: `"name":"web","uid":"…"`. Those that are undefined or empty are left out. */
export function toTextMembers(facts: Readonly<Record<string, string | undefined>>): string {
  return joinMembers(
    ...Object.entries(facts).map(([name, value]) =>
      value === undefined || value === '' ? '' : `"${name}":${toJsonText(value)}`,
    ),
  );
}

/** `"name":{members}`; nothing where there is no member. */
export function toObjectMember(name: string, members: string): string {
  return members === '' ? '' : `"${name}":{${members}}`;
}

/** Members one after another; empty ones are left out. */
export function joinMembers(...members: readonly string[]): string {
  return members.filter((member) => member !== '').join(',');
}
