import ipaddr from 'ipaddr.js';

/** What a database may say of a network; integers are written as uint32, other numbers as doubles. */
export type MmdbValue = string | number | boolean | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

type Node = [left: Branch, right: Branch];
/** A further node, a record (its place in the data section), or nothing. */
type Branch = { readonly node: Node } | { readonly data: number } | undefined;

const METADATA_MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
/** Between tree and data section. */
const SEPARATOR_BYTES = 16;
const RECORD_BITS = 24;
const TYPE = { string: 2, double: 3, uint32: 6, map: 7, array: 11, boolean: 14 } as const;

/**
 * A MaxMind database of a few networks, by the specification of the format (https://maxmind.github.io/MaxMind-DB/):
 * version 2.0, IPv6 tree with IPv4 at ::/96, records of 24 bits. Networks must not overlap.
 */
export function writeMmdb(databaseType: string, networks: Readonly<Record<string, MmdbValue>>): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [network, value] of Object.entries(networks)) {
    insert(root, network, dataBytes);
    const encoded = encodeValue(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes = listNodes(root);
  return Buffer.concat([
    encodeTree(nodes),
    Buffer.alloc(SEPARATOR_BYTES),
    ...data,
    METADATA_MARKER,
    encodeMetadata(databaseType, nodes.length),
  ]);
}

function insert(root: Node, network: string, data: number): void {
  const [address, prefixBits] = ipaddr.parseCIDR(network);
  const isIpv4 = address.kind() === 'ipv4';
  const bytes = [...(isIpv4 ? Array.from({ length: 12 }, () => 0) : []), ...address.toByteArray()];
  const depth = prefixBits + (isIpv4 ? 96 : 0);
  let node = root;
  for (let bit = 0; bit < depth; bit++) {
    const side = (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1;
    const branch = node[side];
    if (bit === depth - 1) node[side] = { data };
    else if (branch !== undefined && 'node' in branch) ({ node } = branch);
    else {
      const next: Node = [undefined, undefined];
      node[side] = { node: next };
      node = next;
    }
  }
}

function listNodes(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) {
    for (const branch of node) if (branch !== undefined && 'node' in branch) nodes.push(branch.node);
  }
  return nodes;
}

function encodeTree(nodes: readonly Node[]): Buffer {
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const tree = Buffer.alloc((nodes.length * RECORD_BITS) / 4);
  const toRecord = (branch: Branch): number => {
    if (branch === undefined) return nodes.length;
    return 'node' in branch ? numbers.get(branch.node)! : nodes.length + SEPARATOR_BYTES + branch.data;
  };
  nodes.forEach(([left, right], number) => {
    tree.writeUIntBE(toRecord(left), number * 6, 3);
    tree.writeUIntBE(toRecord(right), number * 6 + 3, 3);
  });
  return tree;
}

function encodeMetadata(databaseType: string, nodeCount: number): Buffer {
  return encodeValue({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_795_258_800,
    database_type: databaseType,
    description: { en: 'written by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodeCount,
    record_size: RECORD_BITS,
  });
}

function encodeValue(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([encodeControl(TYPE.string, text.length), text]);
  }
  if (typeof value === 'number') return Number.isInteger(value) ? encodeUint32(value) : encodeDouble(value);
  if (typeof value === 'boolean') return encodeControl(TYPE.boolean, value ? 1 : 0);
  if (Array.isArray(value)) return Buffer.concat([encodeControl(TYPE.array, value.length), ...value.map(encodeValue)]);
  const entries = Object.entries(value);
  const members = entries.flatMap(([key, member]) => [encodeValue(key), encodeValue(member)]);
  return Buffer.concat([encodeControl(TYPE.map, entries.length), ...members]);
}

function encodeUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return Buffer.concat([encodeControl(TYPE.uint32, 4), bytes]);
}

function encodeDouble(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([encodeControl(TYPE.double, 8), bytes]);
}

/** Type and size in front of a value; types above 7 have a byte of their own, sizes above 28 too. */
function encodeControl(type: number, size: number): Buffer {
  const short = Math.min(size, 29);
  const control = type <= 7 ? [(type << 5) | short] : [short, type - 7];
  return Buffer.from(size < 29 ? control : [...control, size - 29]);
}
