import { readMemoryWord } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { NO_TUNNEL } from './tunnel-type.ts';
import { createHashSeed, hashWords } from './word-hash.ts';

/** Datagrams whose fragments are awaited at once. */
const ENTRIES = 4096;
const BUCKET_MASK = ENTRIES - 1;
const ENTRY_WORDS = 10;
const NONE = -1;

/**
 * Ports of first fragments, by which later fragments, which carry none, are counted to their flow. A datagram is told
 * by source, destination and identification, for IPv4 also by protocol (RFC 791 §3.2, RFC 8200 §4.5), in a tunnel also
 * by its network identifier. Bounded: the oldest entry makes room.
 */
export class FragmentTable {
  readonly #keys = new Uint32Array(ENTRIES * ENTRY_WORDS);
  /** sourcePort | destinationPort << 16 */
  readonly #ports = new Uint32Array(ENTRIES);
  /** protocol | kind << 8 */
  readonly #protocols = new Uint16Array(ENTRIES);
  /** Entries of one bucket are chained, newest first. */
  readonly #buckets = new Int16Array(ENTRIES).fill(NONE);
  readonly #next = new Int16Array(ENTRIES).fill(NONE);
  readonly #bucketOf = new Int16Array(ENTRIES).fill(NONE);
  readonly #probe = new Uint32Array(ENTRY_WORDS);
  readonly #seed = createHashSeed();
  #oldest = 0;

  /** Keeps what a first fragment says of its datagram. */
  remember(bytes: Uint8Array, packet: DecodedPacket): void {
    const bucket = this.#fillProbe(bytes, packet);
    let entry = this.#find(bucket);
    if (entry === NONE) entry = this.#insert(bucket);
    this.#ports[entry] = packet.sourcePort | (packet.destinationPort << 16);
    this.#protocols[entry] = packet.protocol | (packet.kind << 8);
  }

  /** Gives a later fragment the ports, kind and protocol of its first; false when that was not seen. */
  recall(bytes: Uint8Array, packet: DecodedPacket): boolean {
    const entry = this.#find(this.#fillProbe(bytes, packet));
    if (entry === NONE) return false;
    const ports = this.#ports[entry] as number;
    const protocol = this.#protocols[entry] as number;
    packet.sourcePort = ports & 0xffff;
    packet.destinationPort = ports >>> 16;
    packet.protocol = protocol & 0xff;
    packet.kind = protocol >> 8;
    return true;
  }

  /** Returns the bucket. */
  #fillProbe(bytes: Uint8Array, packet: DecodedPacket): number {
    const probe = this.#probe;
    const addressWords = packet.isIpv6 ? 8 : 2;
    const addressesAt = packet.networkAt + (packet.isIpv6 ? 8 : 12);
    probe.fill(0);
    for (let word = 0; word < addressWords; word++) probe[word] = readMemoryWord(bytes, addressesAt + word * 4);
    probe[8] = packet.fragmentId;
    probe[9] = (packet.isIpv6 ? 0 : packet.protocol) | (packet.tunnelType === NO_TUNNEL ? 0 : packet.tunnelId << 8);
    return hashWords(probe, ENTRY_WORDS, this.#seed) & BUCKET_MASK;
  }

  #find(bucket: number): number {
    let entry = this.#buckets[bucket] as number;
    while (entry !== NONE && !this.#isProbe(entry)) entry = this.#next[entry] as number;
    return entry;
  }

  #isProbe(entry: number): boolean {
    const at = entry * ENTRY_WORDS;
    for (let word = 0; word < ENTRY_WORDS; word++) if (this.#keys[at + word] !== this.#probe[word]) return false;
    return true;
  }

  #insert(bucket: number): number {
    const entry = this.#oldest;
    this.#oldest = (entry + 1) & BUCKET_MASK;
    this.#unlink(entry);
    this.#keys.set(this.#probe, entry * ENTRY_WORDS);
    this.#next[entry] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = entry;
    this.#bucketOf[entry] = bucket;
    return entry;
  }

  #unlink(entry: number): void {
    const bucket = this.#bucketOf[entry] as number;
    if (bucket === NONE) return;
    if (this.#buckets[bucket] === entry) {
      this.#buckets[bucket] = this.#next[entry] as number;
      return;
    }
    let before = this.#buckets[bucket] as number;
    while (this.#next[before] !== entry) before = this.#next[before] as number;
    this.#next[before] = this.#next[entry] as number;
  }
}
