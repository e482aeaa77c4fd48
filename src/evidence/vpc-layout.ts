/** The fields that are read, of those that a VPC flow log may have (docs.aws.amazon.com, "Flow log records"). */
export const VPC_FIELDS = [
  'srcaddr',
  'dstaddr',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
  'tcp-flags',
  'flow-direction',
  'interface-id',
  'reject-reason',
] as const;
export type VpcField = (typeof VPC_FIELDS)[number];

/** Where in a line of a VPC flow log each field stands. */
export interface VpcLayout {
  /** Fields of a line, those included that are not read. */
  readonly fieldCount: number;
  readonly position: { readonly [Field in VpcField]?: number };
}

/** The format of version 2, which a flow log has that was made without naming one. */
const DEFAULT_FORMAT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
const FIELD_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const READ: ReadonlySet<string> = new Set(VPC_FIELDS);
/** Words of prose are names of fields too, but not so many of the fields that are read. */
const LEAST_KNOWN = 2;

/** The layout that a header line tells; undefined for a line that is none. New names among the known ones may be. */
export function parseVpcHeader(line: string): VpcLayout | undefined {
  const layout = toLayout(line.split(/\s+/));
  return layout !== undefined && Object.keys(layout.position).length >= LEAST_KNOWN ? layout : undefined;
}

/**
 * The layout of a format as AWS has it (`${srcaddr} ${dstaddr} …`), or of names with spaces or commas between, or of
 * `default`; else what is wrong with it ("has …").
 */
export function parseVpcFormat(text: string): VpcLayout | { readonly problem: string } {
  const names = (text.trim() === 'default' ? DEFAULT_FORMAT : text.replaceAll(/[${},]/g, ' ')).trim().split(/\s+/);
  const wrong = names.find((name) => !FIELD_NAME.test(name));
  if (wrong !== undefined) return { problem: `has "${wrong}", no name of a field` };
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return { problem: `has ${twice} twice` };
  const missing = findMissing(names);
  return missing === undefined
    ? toPositions(names)
    : { problem: `has no ${missing}, without which no drop can be told` };
}

function findMissing(names: readonly string[]): string | undefined {
  const ways = [['action'], ['protocol'], ['srcaddr', 'pkt-srcaddr'], ['dstaddr', 'pkt-dstaddr']];
  return ways.find((way) => !way.some((name) => names.includes(name)))?.join(' or ');
}

function toLayout(names: readonly string[]): VpcLayout | undefined {
  // The names of Parquet columns, as conversions to text leave them.
  const plain = names.map((name) => name.replaceAll('_', '-'));
  if (!plain.every((name) => FIELD_NAME.test(name)) || new Set(plain).size < plain.length) return undefined;
  return toPositions(plain);
}

function toPositions(names: readonly string[]): VpcLayout {
  const read = names.map((name, at) => [name, at] as const).filter(([name]) => READ.has(name));
  return { fieldCount: names.length, position: Object.fromEntries(read) };
}
