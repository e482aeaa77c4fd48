/** Elasticsearch types of the fields of a document. */
export type FieldType = 'keyword' | 'constant_keyword' | 'long' | 'ip' | 'date' | 'geo_point' | 'flattened';

/** Whose field it is: of the Elastic Common Schema 9.4.0, a convention of Beats, or podflow's own. */
export type FieldOrigin = 'ecs' | 'beats' | 'own';

/** A field that documents may hold. */
export interface DocumentField {
  /** Dotted name. */
  readonly name: string;
  readonly type: FieldType;
  /** Whether it is written as an array. */
  readonly isArray: boolean;
  readonly origin: FieldOrigin;
  /** What it tells, and from where. */
  readonly meaning: string;
}

/** Name, type (`[]` behind it: an array) and meaning. */
export type FieldRow = readonly [name: string, type: FieldType | `${FieldType}[]`, meaning: string];

/** Fields of one origin below one name (empty: at the top). */
export function toFields(origin: FieldOrigin, prefix: string, rows: readonly FieldRow[]): DocumentField[] {
  return rows.map(([name, type, meaning]) => {
    const isArray = type.endsWith('[]');
    const single = (isArray ? type.slice(0, -2) : type) as FieldType;
    return { name: prefix === '' ? name : `${prefix}.${name}`, type: single, isArray, origin, meaning };
  });
}
