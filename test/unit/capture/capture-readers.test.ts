import { describe, expect, test } from '@jest/globals';
import { ByteWindow } from '../../../src/capture/file/byte-window.ts';
import { CapturedFrame, type CaptureReader } from '../../../src/capture/file/capture-reader.ts';
import { PcapReader } from '../../../src/capture/file/pcap-reader.ts';
import { PcapngReader } from '../../../src/capture/file/pcapng-reader.ts';
import { encodePcap, PcapngWriter, type CapturedPacket } from '../../support/capture-writer.ts';

/** What a frame is told by: time, captured bytes, original length, link type, direction. */
interface ReadFrame {
  readonly time: string;
  readonly bytes: string;
  readonly originalBytes: number;
  readonly linkType: number | undefined;
  readonly direction: string | undefined;
}

/** Reads all of a file, giving the reader no more bytes at a time than it asks for. Ends with a problem or ''. */
function readAll(reader: CaptureReader, file: Buffer): { frames: ReadFrame[]; problem: string; rest: number } {
  const frames: ReadFrame[] = [];
  const frame = new CapturedFrame();
  let at = 0;
  let available = 1;
  for (;;) {
    const window = new ByteWindow(file.subarray(at, Math.min(at + available, file.length)));
    const step = reader.next(window, frame);
    if (step === 'broken') return { frames, problem: reader.problem, rest: file.length - at };
    if (step === 'more') {
      expect(reader.neededBytes).toBeGreaterThan(window.length);
      if (at + reader.neededBytes > file.length) return { frames, problem: '', rest: file.length - at };
      available = reader.neededBytes;
      continue;
    }
    if (step === 'frame') frames.push(copy(frame, window));
    at += reader.consumedBytes;
    available = 1;
  }
}

function copy(frame: CapturedFrame, window: ByteWindow): ReadFrame {
  const { seconds, nanoseconds, originalBytes, linkType, direction } = frame;
  return {
    time: `${seconds}.${String(nanoseconds).padStart(9, '0')}`,
    bytes: Buffer.from(window.bytes.subarray(frame.start, frame.end)).toString(),
    originalBytes,
    linkType,
    direction,
  };
}

const PACKETS: readonly CapturedPacket[] = [
  { timeNs: 1_700_000_003_123_456_789n, bytes: Buffer.from('first') },
  { timeNs: 1_700_000_004_000_000_001n, bytes: Buffer.from('cut'), originalBytes: 1500 },
  { timeNs: 0n, bytes: Buffer.alloc(0), originalBytes: 60 },
];

describe('PcapReader', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('big-endian %p, nanoseconds %p', (isBigEndian, isNanoseconds) => {
    const { frames, problem, rest } = readAll(new PcapReader(), encodePcap(PACKETS, { isBigEndian, isNanoseconds }));
    expect([problem, rest]).toEqual(['', 0]);
    expect(frames).toEqual([
      {
        time: isNanoseconds ? '1700000003.123456789' : '1700000003.123456000',
        bytes: 'first',
        originalBytes: 5,
        linkType: 1,
        direction: undefined,
      },
      {
        time: isNanoseconds ? '1700000004.000000001' : '1700000004.000000000',
        bytes: 'cut',
        originalBytes: 1500,
        linkType: 1,
        direction: undefined,
      },
      { time: '0.000000000', bytes: '', originalBytes: 60, linkType: 1, direction: undefined },
    ]);
  });

  test.each([
    [113, 113],
    [276, 276],
    [12, 101],
    [14, 101],
    [0x24000001, 1],
  ])('link type field %d is link type %d', (linkType, expected) => {
    expect(readAll(new PcapReader(), encodePcap(PACKETS, { linkType })).frames[0]?.linkType).toBe(expected);
  });

  test('refuses what it does not know', () => {
    const file = encodePcap(PACKETS);
    expect(readAll(new PcapReader(), encodePcap(PACKETS, { linkType: 105 })).problem).toContain('link type 105');
    const version = Buffer.from(file);
    version[4] = 3;
    expect(readAll(new PcapReader(), version).problem).toContain('version 3');
    expect(readAll(new PcapReader(), Buffer.alloc(24)).problem).toContain('magic');
  });

  test('refuses a packet that no snapshot length allows', () => {
    const file = encodePcap(PACKETS);
    file.writeUInt32LE(0x7fffffff, 24 + 8);
    expect(readAll(new PcapReader(), file)).toEqual({
      frames: [],
      problem: 'a packet of 2147483647 bytes',
      rest: file.length - 24,
    });
  });

  test('a file that ends anywhere gives the packets before it', () => {
    const file = encodePcap(PACKETS);
    for (let length = 0; length < file.length; length++) {
      const { frames, problem } = readAll(new PcapReader(), file.subarray(0, length));
      expect(problem).toBe('');
      expect(frames.length).toBe(length < 45 ? 0 : length < 64 ? 1 : 2);
    }
  });
});

describe('PcapngReader', () => {
  const read = (writer: PcapngWriter): ReturnType<typeof readAll> => readAll(new PcapngReader(), writer.encode());
  const packet: CapturedPacket = {
    timeNs: 1_700_000_003_123_456_789n,
    bytes: Buffer.from('first'),
    originalBytes: 900,
  };

  test.each([false, true])('enhanced packets, big-endian %p', (isBigEndian) => {
    const writer = new PcapngWriter().section(isBigEndian).interface({ name: 'eth0' });
    const { frames, problem, rest } = read(
      writer
        .interface({ linkType: 113, resolution: 9 })
        .packet(0, packet)
        .packet(1, packet, 2)
        .packet(1, packet, 1)
        .packet(1, packet, 0),
    );
    expect([problem, rest]).toEqual(['', 0]);
    expect(frames).toEqual([
      { time: '1700000003.123456000', bytes: 'first', originalBytes: 900, linkType: 1, direction: undefined },
      { time: '1700000003.123456789', bytes: 'first', originalBytes: 900, linkType: 113, direction: 'outgoing' },
      { time: '1700000003.123456789', bytes: 'first', originalBytes: 900, linkType: 113, direction: 'incoming' },
      { time: '1700000003.123456789', bytes: 'first', originalBytes: 900, linkType: 113, direction: undefined },
    ]);
  });

  test('a time offset of the interface is added', () => {
    const { frames } = read(new PcapngWriter().section(true).interface({ offsetSeconds: -3 }).packet(0, packet));
    expect(frames[0]?.time).toBe('1700000000.123456000');
  });

  test('simple packets are cut by the snapshot length and keep the time before', () => {
    const writer = new PcapngWriter().section().interface({ snaplen: 4 });
    const { frames } = read(
      writer.packet(0, packet).simplePacket(Buffer.from('simp'), 77).simplePacket(Buffer.from('abc')),
    );
    expect(frames.slice(1)).toEqual([
      { time: '1700000003.123456000', bytes: 'simp', originalBytes: 77, linkType: 1, direction: undefined },
      { time: '1700000003.123456000', bytes: 'abc', originalBytes: 3, linkType: 1, direction: undefined },
    ]);
  });

  test('obsolete packets', () => {
    const { frames } = read(new PcapngWriter().section(true).interface({ linkType: 101 }).oldPacket(0, packet));
    expect(frames).toEqual([
      { time: '1700000003.123456000', bytes: 'first', originalBytes: 900, linkType: 101, direction: undefined },
    ]);
  });

  test('a section of the other byte order has interfaces of its own', () => {
    const writer = new PcapngWriter().section().interface().interface({ linkType: 113 }).packet(1, packet);
    const { frames, problem } = read(
      writer.section(true).interface({ linkType: 276 }).packet(0, packet).packet(1, packet),
    );
    expect(frames.map((frame) => frame.linkType)).toEqual([113, 276]);
    expect(problem).toContain('interface 1');
  });

  test('other blocks are skipped, whatever their size', () => {
    const writer = new PcapngWriter().section().block(5, Buffer.alloc(100)).interface();
    const { frames } = read(writer.block(0xbad, Buffer.alloc(20 * 2 ** 20)).packet(0, packet));
    expect(frames).toHaveLength(1);
  });

  test('packets of a link type that is not decoded have none', () => {
    expect(
      read(new PcapngWriter().section().interface({ linkType: 189 }).packet(0, packet)).frames[0]?.linkType,
    ).toBeUndefined();
  });

  test.each([
    ['no section', new PcapngWriter().interface(), 'section header'],
    ['a packet before an interface', new PcapngWriter().section().packet(0, packet), 'interface 0'],
    [
      'a simple packet before an interface',
      new PcapngWriter().section().simplePacket(Buffer.alloc(4)),
      'before any interface',
    ],
    ['a short interface block', new PcapngWriter().section().block(1, Buffer.alloc(4)), 'too short'],
    ['a short packet block', new PcapngWriter().section().interface().block(6, Buffer.alloc(16)), 'too short'],
  ])('%s is refused', (_name, writer, problem) => {
    expect(read(writer).problem).toContain(problem);
  });

  test.each([
    ['length below 12', 32, 8, 'a block of 8 bytes'],
    ['odd length', 32, 21, 'a block of 21 bytes'],
    ['lengths that differ', 32, 20, 'ends as one of'],
    ['section version 2', 12, 2, 'version 2'],
    ['section without magic', 8, 5, 'byte-order magic'],
  ])('%s is refused', (_name, at, value, problem) => {
    const file = new PcapngWriter().section().interface().packet(0, packet).encode();
    file.writeUInt32LE(value, at);
    expect(readAll(new PcapngReader(), file).problem).toContain(problem);
  });

  test('a captured length beyond its block is refused', () => {
    const file = new PcapngWriter().section().interface().packet(0, packet).encode();
    const packetAt = 28 + 24;
    file.writeUInt32LE(5000, packetAt + 8 + 12);
    expect(readAll(new PcapngReader(), file).problem).toContain('a packet of 5000 bytes in a smaller block');
  });

  test('a file that ends anywhere gives the packets before it', () => {
    const file = new PcapngWriter().section().interface().packet(0, packet).packet(0, packet).encode();
    const [before, one] = [28 + 24 + 40, 28 + 24 + 80];
    for (let length = 0; length <= file.length; length++) {
      const { frames, problem } = readAll(new PcapngReader(), file.subarray(0, length));
      expect(problem).toBe('');
      expect(frames.length).toBe(length < before ? 0 : length < one ? 1 : 2);
    }
  });
});
