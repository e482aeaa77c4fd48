import { toLinkType, type LinkType } from '../packet/link-type.ts';
import type { ByteWindow } from './byte-window.ts';
import { LONGEST_RECORD_BYTES, type CapturedFrame, type CaptureReader, type ReadStep } from './capture-reader.ts';
import { TimestampUnit } from './timestamp-unit.ts';

const BLOCK = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION = { end: 0, flags: 2, timestampResolution: 9, timestampOffset: 14 } as const;
/** Type, length, and the length again at the end. */
const BLOCK_FRAME_BYTES = 12;
const BLOCK_HEAD_BYTES = 8;
const SECTION_HEAD_BYTES = 12;
const MAJOR_VERSION = 1;
/** Bytes of a block body before what varies. */
const BODY_BYTES = { interface: 8, packet: 20, simplePacket: 4, section: 16 } as const;
const FLAGS_DIRECTION = { mask: 3, incoming: 1, outgoing: 2 } as const;
const MOST_INTERFACES = 65_536;

interface InterfaceDescription {
  readonly linkType: LinkType | undefined;
  readonly snaplen: number;
  readonly unit: TimestampUnit;
}

/** Whether a file that begins with this word is a pcapng file; the number reads the same in both byte orders. */
export function isPcapngMagic(word: number): boolean {
  return word === BLOCK.section;
}

/**
 * Reads pcapng files (draft-ietf-opsawg-pcapng): sections of either byte order, any number of interfaces with their
 * own link types and time units, enhanced, simple and obsolete packet blocks. Other blocks are skipped.
 */
export class PcapngReader implements CaptureReader {
  consumedBytes = 0;
  neededBytes = 0;
  problem = '';
  #isLittleEndian = true;
  #interfaces: InterfaceDescription[] = [];
  #hasSection = false;

  next(window: ByteWindow, frame: CapturedFrame): ReadStep {
    const { view, start, length } = window;
    if (length < BLOCK_HEAD_BYTES) return this.#need(BLOCK_HEAD_BYTES);
    if (view.getUint32(start, true) === BLOCK.section) return this.#readSection(window);
    if (!this.#hasSection) return this.#break('it does not begin with a section header');
    const type = view.getUint32(start, this.#isLittleEndian);
    const blockBytes = view.getUint32(start + 4, this.#isLittleEndian);
    if (blockBytes < BLOCK_FRAME_BYTES || blockBytes % 4 !== 0) return this.#break(`a block of ${blockBytes} bytes`);
    if (!isRead(type)) return this.#consume(blockBytes);
    const step = this.#requireBlock(window, blockBytes);
    return step ?? this.#readBlock(type, window, blockBytes, frame);
  }

  /** Undefined when all of the block is in the window and its two lengths agree. */
  #requireBlock({ view, start, length }: ByteWindow, blockBytes: number): ReadStep | undefined {
    if (blockBytes > LONGEST_RECORD_BYTES) return this.#break(`a block of ${blockBytes} bytes`);
    if (length < blockBytes) return this.#need(blockBytes);
    const again = view.getUint32(start + blockBytes - 4, this.#isLittleEndian);
    return again === blockBytes
      ? undefined
      : this.#break(`a block of ${blockBytes} bytes that ends as one of ${again}`);
  }

  #readSection(window: ByteWindow): ReadStep {
    const { view, start, length } = window;
    if (length < SECTION_HEAD_BYTES) return this.#need(SECTION_HEAD_BYTES);
    this.#isLittleEndian = view.getUint32(start + 8, true) === BYTE_ORDER_MAGIC;
    if (view.getUint32(start + 8, this.#isLittleEndian) !== BYTE_ORDER_MAGIC)
      return this.#break('a section without byte-order magic');
    const blockBytes = view.getUint32(start + 4, this.#isLittleEndian);
    if (blockBytes < BLOCK_FRAME_BYTES + BODY_BYTES.section || blockBytes % 4 !== 0)
      return this.#break(`a section header of ${blockBytes} bytes`);
    const step = this.#requireBlock(window, blockBytes);
    if (step !== undefined) return step;
    const major = view.getUint16(start + 12, this.#isLittleEndian);
    if (major !== MAJOR_VERSION) return this.#break(`version ${major} of the format is not known`);
    this.#hasSection = true;
    this.#interfaces = [];
    return this.#consume(blockBytes);
  }

  #readBlock(type: number, window: ByteWindow, blockBytes: number, frame: CapturedFrame): ReadStep {
    const body = window.start + BLOCK_HEAD_BYTES;
    const end = window.start + blockBytes - 4;
    this.consumedBytes = blockBytes;
    switch (type) {
      case BLOCK.interface:
        return this.#readInterface(window.view, body, end);
      case BLOCK.simplePacket:
        return this.#readSimplePacket(window.view, body, end, frame);
      default:
        return this.#readPacket(type, window.view, body, end, frame);
    }
  }

  #readInterface(view: DataView, at: number, end: number): ReadStep {
    if (end - at < BODY_BYTES.interface) return this.#break('an interface description that is too short');
    if (this.#interfaces.length === MOST_INTERFACES) return this.#break(`more than ${MOST_INTERFACES} interfaces`);
    const options = at + BODY_BYTES.interface;
    const resolution = this.#findOption(view, options, end, OPTION.timestampResolution, 1);
    const offset = this.#findOption(view, options, end, OPTION.timestampOffset, 8);
    this.#interfaces.push({
      linkType: toLinkType(view.getUint16(at, this.#isLittleEndian)),
      snaplen: view.getUint32(at + 4, this.#isLittleEndian),
      unit: new TimestampUnit(
        resolution === undefined ? undefined : view.getUint8(resolution),
        offset === undefined ? undefined : Number(view.getBigInt64(offset, this.#isLittleEndian)),
      ),
    });
    return 'other';
  }

  #readPacket(type: number, view: DataView, at: number, end: number, frame: CapturedFrame): ReadStep {
    const isLittleEndian = this.#isLittleEndian;
    if (end - at < BODY_BYTES.packet) return this.#break('a packet block that is too short');
    const id = type === BLOCK.oldPacket ? view.getUint16(at, isLittleEndian) : view.getUint32(at, isLittleEndian);
    const description = this.#interfaces[id];
    if (description === undefined) return this.#break(`a packet of interface ${id}, which is not described`);
    const capturedBytes = view.getUint32(at + 12, isLittleEndian);
    const packetAt = at + BODY_BYTES.packet;
    if (capturedBytes > end - packetAt) return this.#break(`a packet of ${capturedBytes} bytes in a smaller block`);
    description.unit.split(view.getUint32(at + 4, isLittleEndian), view.getUint32(at + 8, isLittleEndian), frame);
    frame.start = packetAt;
    frame.end = packetAt + capturedBytes;
    frame.originalBytes = view.getUint32(at + 16, isLittleEndian);
    frame.linkType = description.linkType;
    frame.direction = this.#readDirection(view, packetAt + ((capturedBytes + 3) & ~3), end);
    return 'frame';
  }

  /** A simple packet has no time: it keeps that of the packet before it. */
  #readSimplePacket(view: DataView, at: number, end: number, frame: CapturedFrame): ReadStep {
    const description = this.#interfaces[0];
    if (end - at < BODY_BYTES.simplePacket) return this.#break('a packet block that is too short');
    if (description === undefined) return this.#break('a packet before any interface is described');
    const originalBytes = view.getUint32(at, this.#isLittleEndian);
    const snaplen = description.snaplen === 0 ? originalBytes : description.snaplen;
    frame.start = at + BODY_BYTES.simplePacket;
    frame.end = Math.min(frame.start + Math.min(originalBytes, snaplen), end);
    frame.originalBytes = originalBytes;
    frame.linkType = description.linkType;
    frame.direction = undefined;
    return 'frame';
  }

  /** Enhanced and obsolete packet blocks have the direction in the same option. */
  #readDirection(view: DataView, at: number, end: number): CapturedFrame['direction'] {
    const option = this.#findOption(view, at, end, OPTION.flags, 4);
    if (option === undefined) return undefined;
    const direction = view.getUint32(option, this.#isLittleEndian) & FLAGS_DIRECTION.mask;
    if (direction === FLAGS_DIRECTION.outgoing) return 'outgoing';
    return direction === FLAGS_DIRECTION.incoming ? 'incoming' : undefined;
  }

  /** Offset of an option's value, undefined when it is absent or shorter than it must be. */
  #findOption(view: DataView, from: number, end: number, code: number, leastBytes: number): number | undefined {
    let at = from;
    while (at + 4 <= end) {
      const found = view.getUint16(at, this.#isLittleEndian);
      const byteCount = view.getUint16(at + 2, this.#isLittleEndian);
      if (found === OPTION.end || at + 4 + byteCount > end) return undefined;
      if (found === code) return byteCount >= leastBytes ? at + 4 : undefined;
      at += 4 + ((byteCount + 3) & ~3);
    }
    return undefined;
  }

  #need(byteCount: number): ReadStep {
    this.neededBytes = byteCount;
    return 'more';
  }

  #consume(byteCount: number): ReadStep {
    this.consumedBytes = byteCount;
    return 'other';
  }

  #break(problem: string): ReadStep {
    this.problem = problem;
    return 'broken';
  }
}

function isRead(type: number): boolean {
  return (
    type === BLOCK.interface || type === BLOCK.oldPacket || type === BLOCK.simplePacket || type === BLOCK.enhancedPacket
  );
}
