import type { Connection } from './connection.ts';
import type { NamedEnd } from './named-end.ts';
import { FLOW_ATTRIBUTES } from './flow-attributes.ts';

/** One attribute of a named connection, as the API and NDJSON tell it. */
export type ConnectionAttribute = TextConnectionAttribute | IntConnectionAttribute;

interface AttributeText {
  readonly name: string;
  readonly meaning: string;
}

interface TextConnectionAttribute extends AttributeText {
  readonly type: 'string';
  /** The values that it may have; undefined where any text is one. */
  readonly words: readonly string[] | undefined;
  /** The value of a connection, undefined where it is absent. */
  readonly read: (connection: Connection) => string | undefined;
}

interface IntConnectionAttribute extends AttributeText {
  readonly type: 'int';
  readonly read: (connection: Connection) => number | undefined;
}

export function text(
  name: string,
  meaning: string,
  read: TextConnectionAttribute['read'],
  words?: readonly string[],
): ConnectionAttribute {
  return { name, type: 'string', meaning, words, read };
}

export function int(name: string, meaning: string, read: IntConnectionAttribute['read']): ConnectionAttribute {
  return { name, type: 'int', meaning, read };
}

/** Attributes of flow records which say the same of a connection: as the perspective tells them whose counters stand. */
export function fromRecord(...names: readonly string[]): readonly ConnectionAttribute[] {
  return FLOW_ATTRIBUTES.filter(({ name }) => names.includes(name)).map((attribute) =>
    attribute.type === 'int'
      ? int(attribute.name, attribute.meaning, ({ record }) => attribute.read(record))
      : text(attribute.name, attribute.meaning, ({ record }) => attribute.read(record), attribute.words),
  );
}

export type EndSide = 'source' | 'destination';

/** A text that an end tells of itself; `name` stands after `source.` or `destination.`. */
export function endText(
  side: EndSide,
  name: string,
  meaning: string,
  read: (end: NamedEnd) => string | undefined,
  words?: readonly string[],
): ConnectionAttribute {
  return text(`${side}.${name}`, meaning, (connection) => read(connection[side]), words);
}

export function endInt(
  side: EndSide,
  name: string,
  meaning: string,
  read: (end: NamedEnd) => number | undefined,
): ConnectionAttribute {
  return int(`${side}.${name}`, meaning, (connection) => read(connection[side]));
}
