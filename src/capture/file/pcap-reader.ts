import { LINK_TYPE, toLinkType, type LinkType } from '../packet/link-type.ts';
import type { ByteWindow } from './byte-window.ts';
import { LONGEST_RECORD_BYTES, type CapturedFrame, type CaptureReader, type ReadStep } from './capture-reader.ts';

const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** The upper half of the link type field holds the length of a frame check sequence. */
const LINK_TYPE_MASK = 0xffff;
const MAJOR_VERSION = 2;

/** Whether a file that begins with this word, read as little-endian, is a classic capture file. */
export function isPcapMagic(word: number): boolean {
  return toByteOrder(word) !== undefined;
}

interface ByteOrder {
  readonly isLittleEndian: boolean;
  readonly nsPerFraction: number;
}

function toByteOrder(word: number): ByteOrder | undefined {
  for (const isLittleEndian of [true, false]) {
    const magic = isLittleEndian ? word : swap32(word);
    if (magic === MAGIC.microseconds) return { isLittleEndian, nsPerFraction: 1000 };
    if (magic === MAGIC.nanoseconds) return { isLittleEndian, nsPerFraction: 1 };
  }
  return undefined;
}

function swap32(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24)) >>> 0;
}

/** Reads classic capture files, of either byte order, with times in micro- or nanoseconds (draft-ietf-opsawg-pcap). */
export class PcapReader implements CaptureReader {
  consumedBytes = 0;
  neededBytes = 0;
  problem = '';
  #order: ByteOrder | undefined;
  #linkType: LinkType = LINK_TYPE.ethernet;

  next(window: ByteWindow, frame: CapturedFrame): ReadStep {
    return this.#order === undefined ? this.#readFileHeader(window) : this.#readRecord(window, frame, this.#order);
  }

  #readFileHeader({ view, start, length }: ByteWindow): ReadStep {
    if (length < FILE_HEADER_BYTES) return this.#need(FILE_HEADER_BYTES);
    const order = toByteOrder(view.getUint32(start, true));
    if (order === undefined) return this.#break('it does not begin with a magic number of pcap');
    const major = view.getUint16(start + 4, order.isLittleEndian);
    if (major !== MAJOR_VERSION) return this.#break(`version ${major} of the format is not known`);
    const number = view.getUint32(start + 20, order.isLittleEndian) & LINK_TYPE_MASK;
    const linkType = toLinkType(number);
    if (linkType === undefined) return this.#break(`link type ${number} is not decoded`);
    this.#linkType = linkType;
    this.#order = order;
    this.consumedBytes = FILE_HEADER_BYTES;
    return 'other';
  }

  #readRecord({ view, start, length }: ByteWindow, frame: CapturedFrame, order: ByteOrder): ReadStep {
    if (length < RECORD_HEADER_BYTES) return this.#need(RECORD_HEADER_BYTES);
    const capturedBytes = view.getUint32(start + 8, order.isLittleEndian);
    if (capturedBytes > LONGEST_RECORD_BYTES) return this.#break(`a packet of ${capturedBytes} bytes`);
    const recordBytes = RECORD_HEADER_BYTES + capturedBytes;
    if (length < recordBytes) return this.#need(recordBytes);
    frame.start = start + RECORD_HEADER_BYTES;
    frame.end = start + recordBytes;
    frame.originalBytes = view.getUint32(start + 12, order.isLittleEndian);
    frame.seconds = view.getUint32(start, order.isLittleEndian);
    frame.nanoseconds = view.getUint32(start + 4, order.isLittleEndian) * order.nsPerFraction;
    frame.linkType = this.#linkType;
    frame.direction = undefined;
    this.consumedBytes = recordBytes;
    return 'frame';
  }

  #need(byteCount: number): ReadStep {
    this.neededBytes = byteCount;
    return 'more';
  }

  #break(problem: string): ReadStep {
    this.problem = problem;
    return 'broken';
  }
}
