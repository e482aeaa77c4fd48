import { ERRNO } from '../../lib/libc.ts';
import { POINT_IS_TUNNEL } from '../../model/flow-delta.ts';
import type { TunnelPort } from '../../model/tunnel-port.ts';
import { MetTunnel } from '../met-tunnel.ts';
import type { Decapsulation } from '../packet/decapsulation.ts';
import type { DecodedPacket } from '../packet/decoded-packet.ts';
import { enterTunnel } from '../packet/enter-tunnel.ts';
import { fillTunnelKey, MAX_TUNNELS, toTunnel, TUNNEL_KEY, TUNNEL_KEY_BYTES } from '../packet/tunnel-key.ts';
import { TunnelPorts } from '../packet/tunnel-ports.ts';
import type { FlowProgram } from './flow-program.ts';

/** Entries a call: about 1 ms of kernel time. */
const BATCH_ENTRIES = 2048;
const NUMBER_BYTES = 4;
/** Share of the entries from which tunnels without flows make room. */
const CROWDED_SHARE = 0.5;
/** How long a tunnel is kept without flows then: as long as a connection may well be silent. */
const KEPT_MS = 15 * 60_000;

interface Entry {
  readonly key: Buffer;
  readonly met: MetTunnel;
  usedAtMs: number;
}

/**
 * The tunnels that the flow program has numbered. Their map is read when a number comes up that is not known yet; at
 * most MAX_TUNNELS are there at a time, and when half of them are, those without flows are taken out.
 */
export class KernelTunnels {
  readonly #program: FlowProgram;
  readonly #ports: TunnelPorts;
  readonly #entries = new Map<number, Entry>();
  readonly #key = Buffer.allocUnsafeSlow(TUNNEL_KEY_BYTES);
  readonly #words = new Uint32Array(this.#key.buffer);
  readonly #number = Buffer.allocUnsafeSlow(NUMBER_BYTES);
  /** Numbers up to this one had been given when the map was last read. */
  #readUpTo = 0;
  /** Whether it was read in this interval, so that what it does not have is not asked for with each record. */
  #isRead = false;

  /**
   * @param program any of those that share the map; after its end only what was found before is known
   * @param ports those that the decapsulating programs were given
   */
  constructor(program: FlowProgram, ports: readonly TunnelPort[]) {
    this.#program = program;
    this.#ports = new TunnelPorts(ports);
  }

  /** The tunnel of a number, undefined when there is none of it any more. */
  find(number: number): MetTunnel | undefined {
    const known = this.#entries.get(number);
    if (known !== undefined) return known.met;
    if (!this.#program.isClosed && (number > this.#readUpTo || !this.#isRead)) this.#readAll();
    return this.#entries.get(number)?.met;
  }

  /** Finds again, in a packet that was copied at `carrier`, what the program found there; it numbers nothing. */
  at(carrier: number): Decapsulation {
    const find = (bytes: Uint8Array, packet: DecodedPacket, senderSide: 0 | 1): number => {
      fillTunnelKey(this.#words, bytes, packet, carrier, senderSide);
      return this.#lookUp();
    };
    return {
      enter: (bytes, end, frameEnd, packet) => enterTunnel(bytes, end, frameEnd, packet, this.#ports),
      point: (bytes, packet) => {
        const number = find(bytes, packet, packet.side);
        return number === 0 ? 0 : POINT_IS_TUNNEL | number;
      },
      quotedPoint: (bytes, packet, side) => POINT_IS_TUNNEL | find(bytes, packet, side === 0 ? 1 : 0),
    };
  }

  /** Number of the key at hand, 0 when it has none. */
  #lookUp(): number {
    const { libbpf } = this.#program;
    const result = libbpf.mapLookup(this.#program.tunnelsFd(), this.#key, this.#number) as number;
    return result < 0 ? 0 : this.#number.readUInt32LE(0);
  }

  /** To be called at the end of each interval, after its flows were named. */
  prune(nowMs: number): void {
    this.#isRead = false;
    const isCrowded = this.#entries.size >= MAX_TUNNELS * CROWDED_SHARE;
    for (const [number, entry] of this.#entries) {
      if (entry.met.isUsed) entry.usedAtMs = nowMs;
      else if (isCrowded && nowMs - entry.usedAtMs >= KEPT_MS) this.#remove(number, entry);
      entry.met.isUsed = false;
    }
  }

  #remove(number: number, entry: Entry): void {
    this.#program.libbpf.mapDelete(this.#program.tunnelsFd(), entry.key);
    this.#entries.delete(number);
  }

  #readAll(): void {
    const given = this.#program.counters().tunnels;
    const fd = this.#program.tunnelsFd();
    const keys = Buffer.allocUnsafeSlow(BATCH_ENTRIES * TUNNEL_KEY_BYTES);
    const numbers = Buffer.allocUnsafeSlow(BATCH_ENTRIES * NUMBER_BYTES);
    const cursor = Buffer.allocUnsafeSlow(128);
    const count = Buffer.allocUnsafeSlow(NUMBER_BYTES);
    for (let isFirst = true, result = 0; result === 0; isFirst = false) {
      count.writeUInt32LE(BATCH_ENTRIES, 0);
      const from = isFirst ? null : cursor;
      result = this.#program.libbpf.mapLookupBatch(fd, from, cursor, keys, numbers, count, null) as number;
      if (result === 0 || result === -ERRNO.ENOENT) this.#addAll(keys, numbers, count.readUInt32LE(0));
    }
    this.#readUpTo = given;
    this.#isRead = true;
  }

  #addAll(keys: Buffer, numbers: Buffer, count: number): void {
    const nowMs = Date.now();
    for (let i = 0; i < count; i++) {
      const number = numbers.readUInt32LE(i * NUMBER_BYTES);
      if (number === 0 || this.#entries.has(number)) continue;
      const key = Buffer.from(keys.subarray(i * TUNNEL_KEY_BYTES, (i + 1) * TUNNEL_KEY_BYTES));
      const met = new MetTunnel(key.readUInt32LE(TUNNEL_KEY.point), toTunnel(key));
      this.#entries.set(number, { key, met, usedAtMs: nowMs });
    }
  }
}
