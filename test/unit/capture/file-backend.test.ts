import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FileBackend } from '../../../src/capture/file/file-backend.ts';
import type { Log } from '../../../src/lib/log.ts';
import { CAPTURES } from '../../fixtures/captures/make-captures.ts';
import { encodePcap, PcapngWriter, type CapturedPacket } from '../../support/capture-writer.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { ethernet, ipv4, udp } from '../../support/packet-builder.ts';

const SECOND = 1_000_000_000n;
const T0 = 1_700_000_000n * SECOND;
const KEY = '10.0.0.1|1|10.0.0.2|53|17|0|0';

let folder = '';
const warnings: object[] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields) => warnings.push(fields),
  error: () => undefined,
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-file-backend-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function datagram(sourcePort = 1): Buffer {
  return ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(sourcePort, 53)));
}

/** Packets of one flow at these milliseconds after T0. */
function at(...milliseconds: number[]): CapturedPacket[] {
  return milliseconds.map((ms) => ({ timeNs: T0 + BigInt(Math.round(ms * 1000)) * 1000n, bytes: datagram() }));
}

function create(bytes: Buffer, maxFlows = 100): FileBackend {
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, bytes);
  return new FileBackend({ path, intervalMs: 10_000, maxFlows }, log);
}

async function replay(backend: FileBackend, sink = new CollectingSink()): Promise<CollectingSink> {
  warnings.length = 0;
  await backend.start(sink);
  await backend.done;
  return sink;
}

/** `start-end frames`, seconds after T0. */
function summary(sink: CollectingSink): string[] {
  return sink.intervals.map(({ startNs, endNs, deltas, isLast }) => {
    const seconds = [startNs, endNs].map((ns) => (ns - Number(T0)) / 1e9);
    const frames = deltas.reduce((sum, delta) => sum + delta.sides[0].frames + delta.sides[1].frames, 0);
    return `${seconds.join('-')} ${frames}${isLast ? ' last' : ''}`;
  });
}

describe('intervals by packet time', () => {
  test('are aligned to the clock, start before the first packet, and the empty ones between are ended too', async () => {
    const sink = await replay(create(encodePcap(at(3000, 9999.999, 10_000, 35_000))));
    expect(summary(sink)).toEqual(['0-10 2', '10-20 1', '20-30 0', '30-40 1 last']);
  });

  test('a packet out of order counts to the running interval', async () => {
    const sink = await replay(create(encodePcap(at(12_000, 3000, 13_000))));
    expect(summary(sink)).toEqual(['10-20 3 last']);
    const [side] = sink.one(KEY).sides;
    expect(Number(side.firstNs) + sink.clockOffsetNs).toBe(Number(T0) + 12e9);
    expect(side.activeKns).toBe(Math.floor(1e9 / 1024));
  });

  test('are aligned to the epoch whatever their length', async () => {
    const path = join(folder, 'seventeen.pcap');
    writeFileSync(path, encodePcap(at(0, 16_999, 17_000)));
    const sink = await replay(new FileBackend({ path, intervalMs: 17_000, maxFlows: 10 }, log));
    // 1,700,000,000 is a multiple of 17, the second a day before is not.
    expect(summary(sink)).toEqual(['0-17 2', '17-34 1 last']);
  });

  test('a packet of days before the first one has a time all the same', async () => {
    const [first] = at(0) as [CapturedPacket];
    const early = { timeNs: T0 - 200_000n * SECOND, bytes: datagram(2) };
    const sink = await replay(create(encodePcap([first, early])));
    expect(sink.one('10.0.0.1|2|10.0.0.2|53|17|0|0').sides[0].firstNs).toBe(1n);
  });

  test('a gap of years is left in one step', async () => {
    const sink = await replay(
      create(encodePcap([...at(0), { timeNs: T0 + 400_000_000n * SECOND, bytes: datagram() }])),
    );
    expect(sink.intervals.length).toBeLessThan(400);
    expect(summary(sink).at(0)).toBe('0-10 1');
    expect(summary(sink).at(-1)).toBe('400000000-400000010 1 last');
  });

  test('times are exact to the nanosecond, also before the first packet', async () => {
    const packets = [T0 + 86_400n * SECOND + 123_456_789n, T0 + 1n].map((timeNs, i) => ({
      timeNs,
      bytes: datagram(i + 1),
    }));
    const sink = await replay(create(encodePcap(packets, { isNanoseconds: true })));
    const exact = (port: number): bigint =>
      sink.one(`10.0.0.1|${port}|10.0.0.2|53|17|0|0`).sides[0].firstNs + BigInt(sink.clockOffsetNs);
    expect([exact(1), exact(2)]).toEqual([T0 + 86_400n * SECOND + 123_456_789n, T0 + 1n]);
  });

  test('the sink is waited for at each end', async () => {
    const sink = new CollectingSink();
    let isHeld = false;
    const { deltas, intervalEnd } = sink;
    sink.deltas = (batch) => {
      expect(isHeld).toBe(false);
      deltas.call(sink, batch);
    };
    sink.intervalEnd = async (...args) => {
      isHeld = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      isHeld = false;
      await intervalEnd.apply(sink, args);
    };
    await replay(create(encodePcap(at(0, 10_000, 20_000, 30_000))), sink);
    expect(summary(sink)).toEqual(['0-10 1', '10-20 1', '20-30 1', '30-40 1 last']);
  });
});

describe('hand-over', () => {
  test('a full flow map is drained within the interval: nothing is lost', async () => {
    const packets = Array.from({ length: 1000 }, (_, i) => ({ timeNs: T0, bytes: datagram(i + 1) }));
    const backend = create(encodePcap(packets), 64);
    const sink = await replay(backend);
    expect(sink.drainedTimes).toHaveLength(15);
    expect(sink.drainedTimes[0]).toBe(Number(T0));
    expect(new Set(sink.all().map((delta) => delta.key)).size).toBe(1000);
    expect(backend.counters()).toMatchObject({ attributedFrames: 1000, unattributedFrames: 0 });
  });

  test('stop ends the running interval and reads no further', async () => {
    const backend = create(encodePcap(at(...Array.from({ length: 50 }, (_, i) => i * 10_000))));
    const sink = new CollectingSink();
    const { intervalEnd } = sink;
    sink.intervalEnd = async (...args) => {
      await intervalEnd.apply(sink, args);
      if (sink.intervals.length === 3) void backend.stop();
    };
    await replay(backend, sink);
    await backend.stop();
    await backend.stop();
    expect(summary(sink)).toEqual(['0-10 1', '10-20 1', '20-30 1', '30-40 0 last']);
  });

  test('an empty file hands over nothing', async () => {
    expect((await replay(create(encodePcap([])))).intervals).toEqual([]);
  });

  test('packets of a link type that is not decoded are not IP, and told once', async () => {
    const writer = new PcapngWriter().section().interface({ linkType: 189 }).interface();
    const [packet] = at(0) as [CapturedPacket];
    const backend = create(writer.packet(0, packet).packet(1, packet).packet(0, packet).encode());
    await replay(backend);
    expect(backend.counters()).toMatchObject({ attributedFrames: 1, nonIpFrames: 2, nonIpBytes: 84 });
    expect(warnings).toHaveLength(1);
  });
});

describe('files that are cut or broken', () => {
  const whole = encodePcap(at(0, 1, 2));

  test('a last packet that is cut is told, and the others are read', async () => {
    const backend = create(whole.subarray(0, -1));
    const sink = await replay(backend);
    expect(summary(sink)).toEqual(['0-10 2 last']);
    expect(backend.cutBytes).toBe(57);
    expect(warnings).toMatchObject([{ offset: 24 + 2 * 58, cutBytes: 57 }]);
    const complete = create(whole);
    await replay(complete);
    expect([complete.cutBytes, warnings]).toEqual([0, []]);
  });

  test('a block that is skipped beyond the end is cut too', async () => {
    const file = new PcapngWriter()
      .section()
      .interface()
      .packet(0, at(0)[0] as CapturedPacket)
      .block(99, Buffer.alloc(3e6));
    const backend = create(file.encode().subarray(0, -10));
    expect(summary(await replay(backend))).toEqual(['0-10 1 last']);
    expect(warnings).toHaveLength(1);
  });

  test('a broken packet ends the file with its offset, what came before is handed over', async () => {
    const broken = Buffer.from(whole);
    broken.writeUInt32LE(0xffffffff, 24 + 58 + 8);
    const backend = create(broken);
    const sink = new CollectingSink();
    await backend.start(sink);
    await expect(backend.done).rejects.toMatchObject({
      code: 'CAPTURE_FILE_UNREADABLE',
      message: expect.stringContaining(`a packet of 4294967295 bytes at offset ${24 + 58}`),
    });
    await backend.stop();
    expect(summary(sink)).toEqual(['0-10 1 last']);
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'too short'],
    ['three bytes', Buffer.from([0xd4, 0xc3, 0xb2]), 'too short'],
    ['text', Buffer.from('#!/bin/sh\necho no capture\n'), 'neither pcap nor pcapng, at offset 0'],
    ['half a header', whole.subarray(0, 20), 'within its header'],
    ['half a section', new PcapngWriter().section().encode().subarray(0, 20), 'within its header'],
    ['another link type', encodePcap([], { linkType: 127 }), 'link type 127'],
  ])('%s is refused at the start', async (_name, bytes, reason) => {
    await expect(create(bytes).start(new CollectingSink())).rejects.toMatchObject({
      code: 'CAPTURE_FILE_UNREADABLE',
      message: expect.stringContaining(reason),
    });
  });

  test('a file that is not there is refused at the start', async () => {
    const backend = new FileBackend({ path: join(folder, 'none'), intervalMs: 1000, maxFlows: 10 }, log);
    await expect(backend.start(new CollectingSink())).rejects.toMatchObject({ code: 'CAPTURE_FILE_UNREADABLE' });
    await backend.stop();
  });
});

test('packets larger than the read window, and blocks across its edges, are read', async () => {
  const large = Buffer.concat([datagram(), Buffer.alloc(3 * 2 ** 20)]);
  const packets = [
    large,
    datagram(),
    ...Array.from({ length: 3000 }, () => Buffer.concat([datagram(), Buffer.alloc(999)])),
    large,
  ];
  const backend = create(
    encodePcap(
      packets.map((bytes) => ({ timeNs: T0, bytes })),
      { snaplen: 2 ** 23 },
    ),
  );
  const sink = await replay(backend);
  expect(sink.one(KEY).sides[0]).toMatchObject({
    frames: 3003,
    bytes: packets.reduce((sum, bytes) => sum + bytes.length, 0),
  });
});

test('a file of every kind of packet loses none', async () => {
  const backend = create(CAPTURES['snapped.pcap']?.() ?? Buffer.alloc(0));
  const sink = await replay(backend);
  const counters = backend.counters();
  expect(counters.attributedFrames + counters.unattributedFrames + counters.nonIpFrames).toBe(36);
  expect(sink.all().reduce((sum, { sides }) => sum + sides[0].frames + sides[1].frames, 0)).toBe(
    counters.attributedFrames,
  );
  expect(sink.all().reduce((sum, { sides }) => sum + sides[0].bytes + sides[1].bytes, 0)).toBe(
    counters.attributedBytes,
  );
  expect(counters.interfaceFrames).toBeUndefined();
});
