import { randomInt } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { KEY_BYTES, KEY_TAIL, SIDE_BYTES, TAIL, VALUE_BYTES } from '../../src/model/flow-delta.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { SYMPTOM_BIT } from '../../src/model/flow-symptom.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5);
const ALL_SYMPTOMS = Object.values(SYMPTOM_BIT).reduce((all, bit) => all | bit);
const FAMILIES = ['ipv4', 'ipv6'] as const;

type Random = ReturnType<typeof seededRandom>;

function randomBytes(random: Random, length: number): Uint8Array {
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random(0x1_0000_0000));
  return new Uint8Array(words.buffer, 0, length);
}

/** Random values under keys from a small pool, so that rows are met again, now and then under wild ones. */
class Fuzzer {
  inputs = 0;
  framesTold = 0;
  symptomsMet = 0;
  readonly #random: Random;
  readonly #pools: Record<'ipv4' | 'ipv6', Uint8Array[]>;
  readonly #table: FlowTable;
  #nowNs = 1.7e18;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const pool = (family: 'ipv4' | 'ipv6'): Uint8Array[] =>
      Array.from({ length: 300 }, () => {
        const key = randomBytes(this.#random, KEY_BYTES[family]);
        const tail = KEY_TAIL[family];
        // Most keys are of protocols that the table knows; the kind is known in half of them.
        if (this.#random(8) > 0) key[tail + TAIL.protocol] = [1, 6, 6, 17, 58, 132][this.#random(6)]!;
        if (this.#random(2) === 0) key[tail + TAIL.kind] = this.#random(3);
        return key;
      });
    this.#pools = { ipv4: pool('ipv4'), ipv6: pool('ipv6') };
    this.#table = new FlowTable({
      intervalMs: 10_000,
      idleTimeoutMs: 15_000,
      activeTimeoutMs: 60_000,
      maxFlows: 400,
      ownAddresses: [],
      flowIdPrefix: 'fuzz',
      resolvePoint: createPodPoint('eth0'),
      emit: (records) => this.#read(records),
    });
  }

  async step(): Promise<void> {
    const random = this.#random;
    const action = random(40);
    this.#nowNs += random(3e9) - (random(20) === 0 ? random(600) * 1e9 : 0);
    if (action === 0) await this.#table.report(this.#nowNs - 10e9, this.#nowNs);
    else if (action === 1) this.#table.drained(this.#nowNs);
    else if (action < 8) this.#applyError();
    else this.#applyBatch();
    if (random(500) === 0) await this.#table.stop(this.#nowNs);
    this.#check();
  }

  #applyBatch(): void {
    const random = this.#random;
    const family = FAMILIES[random(2)]!;
    const count = random(20);
    const keys = new Uint8Array(count * KEY_BYTES[family]);
    for (let i = 0; i < count; i++) keys.set(this.#key(family), i * KEY_BYTES[family]);
    const values = randomBytes(random, count * VALUE_BYTES);
    // In some flows only one side has sent.
    for (let side = 0; side < 2 * count; side++)
      if (random(4) === 0) values.fill(0, side * SIDE_BYTES, (side + 1) * SIDE_BYTES);
    const clockOffsetNs = random(2) === 0 ? 1.69e18 : (random(0x1_0000_0000) - 0x8000_0000) * 1e9;
    this.#table.apply({ family, count, keys, values, clockOffsetNs });
    this.inputs += count;
  }

  #applyError(): void {
    const random = this.#random;
    const family = FAMILIES[random(2)]!;
    this.#table.applyIcmpError({
      timeNs: this.#nowNs,
      point: 0,
      family,
      quotedKey: random(10) === 0 ? randomBytes(random, random(50)) : this.#key(family),
      quotedSide: random(2) === 0 ? 0 : 1,
      // Half of them tell something of their flow.
      type: random(2) === 0 ? random(256) : [1, 2, 3, 4, 11][random(5)]!,
      code: random(2) === 0 ? random(256) : random(8),
      mtuBytes: random(2) === 0 ? undefined : random(0x1_0000_0000),
      reporterAddress: '',
    });
    this.inputs++;
  }

  #key(family: 'ipv4' | 'ipv6'): Uint8Array {
    if (this.#random(20) === 0) return randomBytes(this.#random, KEY_BYTES[family]);
    return this.#pools[family][this.#random(300)]!;
  }

  #read(records: readonly FlowRecord[]): void {
    for (const record of records) {
      this.framesTold += record.packets + record.reversePackets;
      for (const value of Object.values(record))
        if (Number.isNaN(value)) expect(record).toEqual('a record without NaN');
      if (!(record.endNs >= record.startNs)) expect(record).toEqual('a record that ends after its start');
      if ((record.symptoms & ~ALL_SYMPTOMS) !== 0) expect(record).toEqual('a record with known symptoms');
      if (record.icmpMtuBytes !== undefined && (record.symptoms & SYMPTOM_BIT.packet_too_big) === 0)
        expect(record).toEqual('an MTU of a packet that was too big');
      if ((record.dropReason === undefined) !== (record.verdict === 'forwarded' || record.verdict === 'unknown'))
        expect(record).toEqual('a reason for each drop');
      this.symptomsMet |= record.symptoms;
      if (record.handshakeNs !== undefined && record.handshakeNs < 0) expect(record).toEqual('a handshake ≥ 0');
    }
  }

  #check(): void {
    const { framesIn, framesReported, framesHeld, framesTableFull } = this.#table.account();
    if (framesIn !== framesReported + framesHeld + framesTableFull || framesReported !== this.framesTold)
      expect(this.#table.account()).toEqual('adds up');
  }
}

describe('fuzz: flow table', () => {
  test(
    'random bytes as deltas and errors: nothing is thrown and every frame is accounted for',
    async () => {
      const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 32));
      const fuzzer = new Fuzzer(seed);
      const endMs = Date.now() + SECONDS * 1_000;
      try {
        while (Date.now() < endMs) await fuzzer.step();
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed} fails`, { cause: error });
      }
      expect(fuzzer.inputs).toBeGreaterThan(1_000 * SECONDS);
      expect(fuzzer.framesTold).toBeGreaterThan(0);
      expect(fuzzer.symptomsMet).toBe(ALL_SYMPTOMS);
    },
    SECONDS * 1_000 + 20_000,
  );
});
