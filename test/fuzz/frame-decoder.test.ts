import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseIcmpError } from '../../src/capture/packet/decode-icmp-error.ts';
import { LINK_TYPE } from '../../src/capture/packet/link-type.ts';
import { PacketAggregator } from '../../src/capture/packet/packet-aggregator.ts';
import { parseDnsMessage } from '../../src/capture/packet/parse-dns-message.ts';
import type { DnsMessage } from '../../src/model/dns-message.ts';
import {
  KEY_BYTES,
  KEY_POINT,
  POINT_IS_TUNNEL,
  SIDE,
  SIDE_BYTES,
  type FlowDeltaBatch,
} from '../../src/model/flow-delta.ts';
import type { IcmpError } from '../../src/model/icmp-error.ts';
import { USUAL_TUNNEL_PORTS, type TunnelPort } from '../../src/model/tunnel-port.ts';
import { ByteMutator } from '../support/byte-mutator.ts';
import { readPcapFrames } from '../support/frame-sender.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const FOLDER = new URL('../fixtures/captures/', import.meta.url);
const LINK_TYPES = Object.values(LINK_TYPE);
const MAX_FLOWS = 5000;
/** Frames between two looks at the sums. */
const ROUND = 2000;

/** Frames of all fixtures in pcap format with little-endian headers. */
function readSeeds(): Buffer[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.pcap') && !/exact|big|cut/.test(name));
  return names.flatMap((name) => readPcapFrames(new URL(name, FOLDER)));
}

class FrameFuzzer {
  inputs = 0;
  errors = 0;
  messages = 0;
  tunnelled = 0;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #mutator: ByteMutator;
  readonly #aggregator: PacketAggregator;
  #bytesIn = 0;
  #delivered = { frames: 0, bytes: 0 };

  constructor(seed: number, decapsulate: readonly TunnelPort[]) {
    this.#random = seededRandom(seed);
    this.#mutator = new ByteMutator(this.#random, readSeeds());
    this.#aggregator = new PacketAggregator(
      { maxFlows: MAX_FLOWS, decapsulate },
      {
        deltas: (batch) => this.#sum(batch),
        icmpError: (error) => this.#check(error),
        dnsMessage: (message) => this.#checkMessage(message),
      },
    );
  }

  round(): void {
    for (let i = 0; i < ROUND; i++) this.#addFrame();
    for (let i = 0; i < ROUND / 4; i++) this.#parsePacket();
    this.#aggregator.drain();
    const { attributedFrames, attributedBytes } = this.#aggregator.counters();
    const { seen } = this.#aggregator;
    expect([seen.bytes, this.#delivered]).toEqual([
      this.#bytesIn,
      { frames: attributedFrames, bytes: attributedBytes },
    ]);
  }

  #addFrame(): void {
    const random = this.#random;
    const frame = this.#mutator.next();
    const start = random(20) === 0 ? random(frame.length + 1) : 0;
    const isCut = random(4) === 0;
    const originalBytes = frame.length - start + (isCut ? random(70_000) : 0);
    const linkType = random(3) === 0 ? LINK_TYPES[random(LINK_TYPES.length)]! : LINK_TYPE.ethernet;
    const timeNs = 1 + random(0x1_0000_0000) * 2 ** random(20);
    this.#aggregator.add(frame, start, frame.length, originalBytes, timeNs, linkType);
    this.#bytesIn += originalBytes;
    this.inputs++;
  }

  #parsePacket(): void {
    const family = this.#random(2) === 0 ? 'ipv4' : 'ipv6';
    const frame = this.#mutator.next();
    const bytes = frame.subarray(Math.min(14, frame.length));
    const error = parseIcmpError(bytes, family, 1);
    const message = parseDnsMessage(bytes, family, 1);
    if (error !== undefined) this.#check(error);
    if (message !== undefined) this.#checkMessage(message);
    if (error !== undefined && message !== undefined) expect([error, message]).toEqual('an error or a message');
    this.inputs++;
  }

  #check(error: IcmpError): void {
    this.errors++;
    const types = error.family === 'ipv4' ? [3, 11, 12] : [1, 2, 3, 4];
    if (!types.includes(error.type) || error.quotedKey.length !== KEY_BYTES[error.family])
      expect(error).toEqual('an error with a key of its family');
  }

  #checkMessage({ isResponse, responseCode }: DnsMessage): void {
    this.messages++;
    if (typeof isResponse !== 'boolean' || !(responseCode >= 0 && responseCode <= 15))
      expect({ isResponse, responseCode }).toEqual('a message with a code of four bits');
  }

  #sum({ family, count, keys, values }: FlowDeltaBatch): void {
    const points = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
    for (let at = KEY_POINT[family]; at < keys.byteLength; at += KEY_BYTES[family])
      if (points.getUint32(at, true) >= POINT_IS_TUNNEL) this.tunnelled++;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let side = 0; side < count * 2; side++) {
      this.#delivered.bytes += Number(view.getBigUint64(side * SIDE_BYTES + SIDE.bytes, true));
      this.#delivered.frames += view.getUint32(side * SIDE_BYTES + SIDE.frames, true);
    }
  }
}

describe('fuzz: frame decoder', () => {
  test.each([
    ['left alone', []],
    ['looked into', USUAL_TUNNEL_PORTS],
  ])(
    'damaged frames of every link type, tunnels %s: nothing is thrown and every frame is counted once',
    (_how, ports) => {
      const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
      const fuzzer = new FrameFuzzer(seed, ports);
      const endMs = Date.now() + SECONDS * 1000;
      const heapBefore = process.memoryUsage().arrayBuffers;
      try {
        while (Date.now() < endMs) fuzzer.round();
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed} fails`, { cause: error });
      }
      const { inputs, errors, messages, tunnelled } = fuzzer;
      process.stderr.write(
        `frame decoder: ${inputs} inputs, ${errors} ICMP errors, ${messages} DNS, ${tunnelled} deltas in tunnels, FUZZ_SEED=${seed}\n`,
      );
      expect(inputs).toBeGreaterThan(20_000 * SECONDS);
      expect(errors).toBeGreaterThan(0);
      expect(messages).toBeGreaterThan(0);
      expect(tunnelled > 0).toBe(ports.length > 0);
      expect(process.memoryUsage().arrayBuffers - heapBefore).toBeLessThan(64 * 2 ** 20);
    },
    SECONDS * 1000 + 20_000,
  );
});
