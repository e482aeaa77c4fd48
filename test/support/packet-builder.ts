import ipaddr from 'ipaddr.js';

/** Builds packets byte by byte for tests and fixtures, independently of the decoder. Checksums are right. */

export interface EthernetFields {
  readonly source?: string;
  readonly destination?: string;
  /** Taken from the IP version of the payload when absent. */
  readonly etherType?: number;
  readonly tags?: readonly VlanTag[];
  /** Pad to 60 bytes, as a network card does. */
  readonly isPadded?: boolean;
}

export interface VlanTag {
  readonly id: number;
  readonly type?: number;
}

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly id?: number;
  readonly isMoreFragments?: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  readonly options?: Buffer;
  /** Wrong values for tests. */
  readonly totalLength?: number;
  readonly headerWords?: number;
  readonly version?: number;
}

export interface Ipv6Fields {
  readonly source: string;
  readonly destination: string;
  /** Of the payload; extension headers chain themselves before it. */
  readonly nextHeader: number;
  readonly extensions?: readonly ExtensionHeader[];
  readonly payloadLength?: number;
}

export interface ExtensionHeader {
  readonly type: number;
  /** All of the header; its first byte is overwritten with the next header's number. */
  readonly bytes: Buffer;
}

export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** Letters: F S R P A U E C. */
  readonly flags?: string;
  readonly window?: number;
  readonly options?: Buffer;
}

export const PROTOCOL = { icmp: 1, igmp: 2, tcp: 6, udp: 17, dccp: 33, gre: 47, esp: 50, ah: 51, icmp6: 58, sctp: 132 };
const UDP_LITE = 136;
const FLAG_LETTERS = 'FSRPAUEC';

export function ethernet(payload: Buffer, fields: EthernetFields = {}): Buffer {
  const version = (payload[0] ?? 0) >> 4;
  const tags = (fields.tags ?? []).map((tag) => ({ type: tag.type ?? 0x8100, id: tag.id }));
  const types = [...tags.map((tag) => tag.type), fields.etherType ?? (version === 6 ? 0x86dd : 0x0800)];
  const tagBytes = tags.flatMap((tag, i) => [uint16(tag.id), uint16(types[i + 1] ?? 0)]);
  const frame = Buffer.concat([
    macBytes(fields.destination ?? '02:00:00:00:00:02'),
    macBytes(fields.source ?? '02:00:00:00:00:01'),
    uint16(types[0] ?? 0),
    ...tagBytes,
    payload,
  ]);
  return fields.isPadded === true && frame.length < 60
    ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)])
    : frame;
}

export function ipv4(fields: Ipv4Fields, payload: Buffer): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header[0] = ((fields.version ?? 4) << 4) | (fields.headerWords ?? header.length / 4);
  header.writeUInt16BE(fields.totalLength ?? (header.length + payload.length) & 0xffff, 2);
  header.writeUInt16BE(fields.id ?? 0, 4);
  header.writeUInt16BE((fields.isMoreFragments === true ? 0x2000 : 0) | (fields.fragmentOffset ?? 0), 6);
  header[8] = 64;
  header[9] = fields.protocol;
  header.set(addressBytes(fields.source), 12);
  header.set(addressBytes(fields.destination), 16);
  header.set(options, 20);
  header.writeUInt16BE(internetChecksum(header), 10);
  const isFragment = fields.isMoreFragments === true || (fields.fragmentOffset ?? 0) > 0;
  const pseudo = Buffer.concat([header.subarray(12, 20), Buffer.from([0, fields.protocol]), uint16(payload.length)]);
  return Buffer.concat([header, isFragment ? payload : withChecksum(fields.protocol, pseudo, payload)]);
}

export function ipv6(fields: Ipv6Fields, payload: Buffer): Buffer {
  const extensions = fields.extensions ?? [];
  const chain = [...extensions.map((extension) => extension.type), fields.nextHeader];
  const bodies = extensions.map((extension, i) => {
    const bytes = Buffer.from(extension.bytes);
    bytes[0] = chain[i + 1] ?? 59;
    return bytes;
  });
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  const length = bodies.reduce((sum, body) => sum + body.length, payload.length);
  header.writeUInt16BE(fields.payloadLength ?? length & 0xffff, 4);
  header[6] = chain[0] ?? 59;
  header[7] = 64;
  header.set(addressBytes(fields.source), 8);
  header.set(addressBytes(fields.destination), 24);
  const isFragment = extensions.some((extension) => extension.type === 44);
  const pseudo = Buffer.concat([
    header.subarray(8, 40),
    uint32(payload.length),
    Buffer.from([0, 0, 0, fields.nextHeader]),
  ]);
  return Buffer.concat([header, ...bodies, isFragment ? payload : withChecksum(fields.nextHeader, pseudo, payload)]);
}

/** Extension header of `length` bytes whose length field is in units of 8 (RFC 8200) or, for AH, of 4 (RFC 4302). */
export function extensionHeader(type: number, length = 8): ExtensionHeader {
  const bytes = Buffer.alloc(length);
  bytes[1] = type === PROTOCOL.ah ? length / 4 - 2 : length / 8 - 1;
  if (type === 0 || type === 60) bytes.set([1, length - 4], 2); // PadN
  return { type, bytes };
}

/** @param offset in units of 8 bytes */
export function fragmentHeader(id: number, offset: number, isMore: boolean): ExtensionHeader {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE((offset << 3) | (isMore ? 1 : 0), 2);
  bytes.writeUInt32BE(id, 4);
  return { type: 44, bytes };
}

export function tcp(fields: TcpFields, payload: Buffer | string = ''): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header.writeUInt16BE(fields.sourcePort, 0);
  header.writeUInt16BE(fields.destinationPort, 2);
  header.writeUInt32BE((fields.sequence ?? 0) >>> 0, 4);
  header.writeUInt32BE((fields.acknowledgement ?? 0) >>> 0, 8);
  header[12] = (header.length / 4) << 4;
  header[13] = [...(fields.flags ?? 'A')].reduce((bits, letter) => bits | (1 << FLAG_LETTERS.indexOf(letter)), 0);
  header.writeUInt16BE(fields.window ?? 64_240, 14);
  header.set(options, 20);
  return Buffer.concat([header, Buffer.from(payload)]);
}

export function udp(sourcePort: number, destinationPort: number, payload: Buffer | string = ''): Buffer {
  const body = Buffer.from(payload);
  return Buffer.concat([uint16(sourcePort), uint16(destinationPort), uint16(8 + body.length), uint16(0), body]);
}

/** Common header and one chunk of a type (RFC 9260 §3); the CRC-32c stays 0. */
export function sctp(sourcePort: number, destinationPort: number, chunkType = 0, body = Buffer.alloc(16)): Buffer {
  const chunk = Buffer.concat([Buffer.from([chunkType, 3]), uint16(4 + body.length), body]);
  return Buffer.concat([uint16(sourcePort), uint16(destinationPort), uint32(0x1234), uint32(0), chunk]);
}

/** @param rest the four bytes behind the checksum, then the body */
export function icmp(type: number, code: number, rest: Buffer = Buffer.alloc(4)): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0]), rest]);
}

/** ICMP error: four bytes of its own, then what it quotes. */
export function icmpError(type: number, code: number, quoted: Buffer, fourBytes = 0): Buffer {
  return icmp(type, code, Buffer.concat([uint32(fourBytes), quoted]));
}

/** Linux cooked headers v1 and v2 (packet type 0 incoming, 4 outgoing). */
export function cooked(packetType: number, payload: Buffer, etherType = 0x0800): Buffer {
  const hardware = [uint16(1), uint16(6), macBytes('02:00:00:00:00:01'), uint16(0)];
  return Buffer.concat([uint16(packetType), ...hardware, uint16(etherType), payload]);
}

export function cooked2(packetType: number, payload: Buffer, etherType = 0x0800): Buffer {
  const hardware = [uint32(2), uint16(1), Buffer.from([packetType, 6]), macBytes('02:00:00:00:00:01'), uint16(0)];
  return Buffer.concat([uint16(etherType), uint16(0), ...hardware, payload]);
}

/** VXLAN header (RFC 7348 §5) and the frame that it carries. */
export function vxlan(id: number, frame: Buffer, flags = 0x08): Buffer {
  return Buffer.concat([Buffer.from([flags, 0, 0, 0]), uint32(id << 8), frame]);
}

export interface GeneveFields {
  readonly options?: Buffer;
  readonly version?: number;
  readonly isControl?: boolean;
  readonly protocol?: number;
}

/** Geneve header (RFC 8926 §3.4) and what it carries. */
export function geneve(id: number, payload: Buffer, fields: GeneveFields = {}): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const first = ((fields.version ?? 0) << 6) | (options.length / 4);
  const flags = fields.isControl === true ? 0x80 : 0;
  return Buffer.concat([
    Buffer.from([first, flags]),
    uint16(fields.protocol ?? 0x6558),
    uint32(id << 8),
    options,
    payload,
  ]);
}

export function addressBytes(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}

export function uint16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function macBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function checksumOffset(protocol: number): number | undefined {
  if (protocol === PROTOCOL.tcp) return 16;
  if (protocol === PROTOCOL.udp || protocol === UDP_LITE) return 6;
  return protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmp6 ? 2 : undefined;
}

function withChecksum(protocol: number, pseudo: Buffer, payload: Buffer): Buffer {
  const at = checksumOffset(protocol);
  if (at === undefined || payload.length < at + 2) return payload;
  const bytes = Buffer.from(payload);
  bytes.writeUInt16BE(0, at);
  const covered = protocol === PROTOCOL.icmp ? bytes : Buffer.concat([pseudo, bytes]);
  bytes.writeUInt16BE(internetChecksum(covered), at);
  return bytes;
}

/** RFC 1071. */
function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
