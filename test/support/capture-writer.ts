/** A packet as a capture file holds it. */
export interface CapturedPacket {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  readonly bytes: Buffer;
  /** Longer than `bytes` for packets that were cut. */
  readonly originalBytes?: number;
}

export interface PcapOptions {
  readonly linkType?: number;
  readonly isBigEndian?: boolean;
  readonly isNanoseconds?: boolean;
  readonly snaplen?: number;
}

/** A classic capture file (draft-ietf-opsawg-pcap). */
export function encodePcap(packets: readonly CapturedPacket[], options: PcapOptions = {}): Buffer {
  const writer = new WordWriter(options.isBigEndian ?? false);
  const perSecond = options.isNanoseconds === true ? 1_000_000_000n : 1_000_000n;
  const snaplen = options.snaplen ?? 262_144;
  const header = [
    writer.uint32(options.isNanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4),
    writer.uint16(2),
    writer.uint16(4),
    writer.uint32(0),
    writer.uint32(0),
    writer.uint32(snaplen),
    writer.uint32(options.linkType ?? 1),
  ];
  const records = packets.flatMap((packet) => {
    const captured = packet.bytes.subarray(0, snaplen);
    const fraction = ((packet.timeNs % 1_000_000_000n) * perSecond) / 1_000_000_000n;
    return [
      writer.uint32(Number(packet.timeNs / 1_000_000_000n)),
      writer.uint32(Number(fraction)),
      writer.uint32(captured.length),
      writer.uint32(packet.originalBytes ?? packet.bytes.length),
      captured,
    ];
  });
  return Buffer.concat([...header, ...records]);
}

export interface PcapngInterface {
  readonly linkType?: number;
  readonly snaplen?: number;
  readonly name?: string;
  /** As if_tsresol has it: a power of ten, or with bit 7 a power of two. */
  readonly resolution?: number;
  /** Seconds, if_tsoffset. */
  readonly offsetSeconds?: number;
}

/** Writes sections, interfaces and packets of a pcapng file (draft-ietf-opsawg-pcapng) one behind the other. */
export class PcapngWriter {
  readonly #chunks: Buffer[] = [];
  #words = new WordWriter(false);
  #resolutions: number[] = [];

  section(isBigEndian = false): this {
    this.#words = new WordWriter(isBigEndian);
    this.#resolutions = [];
    const words = this.#words;
    const length = Buffer.alloc(8, 0xff); // unspecified
    return this.block(0x0a0d0d0a, words.uint32(0x1a2b3c4d), words.uint16(1), words.uint16(0), length);
  }

  interface(description: PcapngInterface = {}): this {
    const words = this.#words;
    const { name, resolution, offsetSeconds } = description;
    this.#resolutions.push(resolution ?? 6);
    const options = [
      ...(name === undefined ? [] : [this.#option(2, Buffer.from(name))]),
      ...(resolution === undefined ? [] : [this.#option(9, Buffer.from([resolution]))]),
      ...(offsetSeconds === undefined ? [] : [this.#option(14, words.uint64(BigInt(offsetSeconds)))]),
      this.#option(0, Buffer.alloc(0)),
    ];
    const head = [words.uint16(description.linkType ?? 1), words.uint16(0), words.uint32(description.snaplen ?? 0)];
    return this.block(1, ...head, ...options);
  }

  /** @param flags epb_flags: 1 incoming, 2 outgoing */
  packet(interfaceId: number, packet: CapturedPacket, flags?: number): this {
    const words = this.#words;
    const options = flags === undefined ? [] : [this.#option(2, words.uint32(flags)), this.#option(0, Buffer.alloc(0))];
    return this.block(
      6,
      words.uint32(interfaceId),
      ...this.#timestamp(interfaceId, packet.timeNs),
      words.uint32(packet.bytes.length),
      words.uint32(packet.originalBytes ?? packet.bytes.length),
      padded(packet.bytes),
      ...options,
    );
  }

  /** The obsolete packet block. */
  oldPacket(interfaceId: number, packet: CapturedPacket): this {
    const words = this.#words;
    return this.block(
      2,
      words.uint16(interfaceId),
      words.uint16(0),
      ...this.#timestamp(interfaceId, packet.timeNs),
      words.uint32(packet.bytes.length),
      words.uint32(packet.originalBytes ?? packet.bytes.length),
      padded(packet.bytes),
    );
  }

  simplePacket(bytes: Buffer, originalBytes = bytes.length): this {
    return this.block(3, this.#words.uint32(originalBytes), padded(bytes));
  }

  block(type: number, ...body: readonly Buffer[]): this {
    const bytes = Buffer.concat(body);
    const length = this.#words.uint32(12 + bytes.length);
    this.#chunks.push(this.#words.uint32(type), length, bytes, length);
    return this;
  }

  encode(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #option(code: number, value: Buffer): Buffer {
    return Buffer.concat([this.#words.uint16(code), this.#words.uint16(value.length), padded(value)]);
  }

  #timestamp(interfaceId: number, timeNs: bigint): Buffer[] {
    const resolution = this.#resolutions[interfaceId] ?? 6;
    const unit = (resolution & 0x80) === 0 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 0x7f);
    const ticks = (timeNs * unit) / 1_000_000_000n;
    return [this.#words.uint32(Number(ticks >> 32n)), this.#words.uint32(Number(ticks & 0xffffffffn))];
  }
}

class WordWriter {
  readonly #isBigEndian: boolean;

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian;
  }

  uint16(value: number): Buffer {
    return this.#ordered(Buffer.from([value >> 8, value & 0xff]));
  }

  uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return this.#ordered(bytes);
  }

  uint64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return this.#ordered(bytes);
  }

  #ordered(bigEndian: Buffer): Buffer {
    return this.#isBigEndian ? bigEndian : bigEndian.reverse();
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
