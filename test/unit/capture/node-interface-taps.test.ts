import { expect, test } from '@jest/globals';
import { InterfaceTap } from '../../../src/capture/node/interface-tap.ts';
import { InterfaceTaps } from '../../../src/capture/node/interface-taps.ts';
import {
  KEY_BYTES,
  KEY_POINT,
  SIDE,
  SIDE_BYTES,
  VALUE_BYTES,
  type FlowDeltaBatch,
} from '../../../src/model/flow-delta.ts';
import type { FrameCounts } from '../../../src/capture/interface/decode-link.ts';

function counts(rxFrames: number, txFrames: number): FrameCounts {
  return { rxFrames, txFrames, rxBytes: rxFrames * 100, txBytes: txFrames * 100 };
}

/** A socket that has copies of packets to read, and lost some. */
class FakeSocket {
  closed = 0;
  #copies: number;

  constructor(copies: number) {
    this.#copies = copies;
  }

  readCopies(take: (packet: Buffer, point: number) => void): number {
    if (this.closed > 0) throw new Error('read after it was closed');
    const copies = this.#copies;
    this.#copies = 0;
    for (let i = 0; i < copies; i++) take(Buffer.alloc(1), 0);
    return copies;
  }

  lostPackets(): number {
    if (this.closed > 0) throw new Error('asked after it was closed');
    return 3;
  }

  closeInBackground(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

function openTap(point: number, socket = new FakeSocket(0)): InterfaceTap {
  return new InterfaceTap({
    kind: 'host',
    ifindex: point,
    point,
    socket,
    base: counts(10, 20),
  });
}

const DESCRIPTION = { interfaceName: 'eth0', side: 'host', podUid: undefined, tunnel: undefined } as const;

/** Deltas of flows that sent `frames` of 100 bytes from each side, at these points. */
function batchOf(family: 'ipv4' | 'ipv6', points: readonly number[], frames: number): FlowDeltaBatch {
  const keys = Buffer.from(new ArrayBuffer(points.length * KEY_BYTES[family]));
  const values = Buffer.from(new ArrayBuffer(points.length * VALUE_BYTES));
  for (const [i, point] of points.entries()) {
    keys.writeUInt32LE(point, i * KEY_BYTES[family] + KEY_POINT[family]);
    for (const side of [0, 1]) {
      const at = i * VALUE_BYTES + side * SIDE_BYTES;
      values.writeBigUInt64LE(BigInt(frames) * 100n, at + SIDE.bytes);
      values.writeUInt32LE(frames, at + SIDE.frames);
    }
  }
  return { family, count: points.length, keys, values, clockOffsetNs: 0 };
}

const asItIs = (point: number): number => point;

test('an interface counts from the moment it began to be observed', () => {
  const tap = openTap(7);
  expect(tap.totals()).toEqual({ frames: 0, bytes: 0 });
  tap.count(counts(15, 27));
  expect(tap.totals()).toEqual({ frames: 12, bytes: 1200 });
});

test('the last counters of a veth lack what came from its other end, which was read before', () => {
  const tap = openTap(7);
  tap.count(counts(15, 27));
  tap.count(counts(0, 31));
  expect(tap.totals()).toEqual({ frames: 16, bytes: 1600 });
});

test('an interface that is gone has counted at least what was seen of it; one that is there, what it says', () => {
  const taps = new InterfaceTaps();
  const [stays, goes] = [openTap(7), openTap(8)];
  taps.add(stays, DESCRIPTION);
  taps.add(goes, DESCRIPTION);
  stays.count(counts(11, 20));
  goes.count(counts(11, 20));
  taps.leave(goes);
  taps.attribute(batchOf('ipv4', [7, 8], 2), asItIs);
  expect(taps.totals()).toEqual({ frames: 1 + 4, bytes: 100 + 400 });
  expect(taps.framesAfterLastRead()).toBe(3);
});

test('what is in a tunnel passed at the interface that carries it; what is of no interface is of none', () => {
  const taps = new InterfaceTaps();
  const tap = openTap(7);
  taps.add(tap, DESCRIPTION);
  taps.leave(tap);
  taps.attribute(batchOf('ipv6', [0x8000_0001, 99], 5), (point) => (point === 0x8000_0001 ? 7 : point));
  expect(taps.totals().frames).toBe(10);
});

test('sums stay when an interface that is gone is forgotten', () => {
  const taps = new InterfaceTaps();
  const tap = openTap(7);
  taps.add(tap, DESCRIPTION);
  tap.count(counts(20, 20));
  taps.leave(tap);
  taps.readCopies(() => undefined);
  taps.attribute(batchOf('ipv4', [7], 100), asItIs);
  const before = [taps.totals(), taps.framesAfterLastRead(), taps.lostCopies()];
  expect(before).toEqual([{ frames: 200, bytes: 20_000 }, 190, 3]);
  for (let interval = 0; interval < 3; interval++) taps.intervalEnded();
  expect([taps.totals(), taps.framesAfterLastRead(), taps.lostCopies()]).toEqual(before);
  expect(taps.points.resolve(7).interfaceName).toBe('if7');
});

test('the last copies of an interface that went are read before its socket is closed, once', async () => {
  const taps = new InterfaceTaps();
  const socket = new FakeSocket(5);
  const tap = openTap(7, socket);
  taps.add(tap, DESCRIPTION);
  expect(taps.count('host')).toBe(1);
  taps.leave(tap);
  expect([taps.count('host'), socket.closed]).toEqual([0, 0]);
  expect(taps.readCopies(() => undefined)).toBe(5);
  expect(taps.readCopies(() => undefined)).toBe(0);
  await taps.close();
  expect(socket.closed).toBe(1);
  expect(taps.lostCopies()).toBe(3);
});
