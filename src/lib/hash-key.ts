/**
 * Hash of the words of a key (MurmurHash3 x86_32). The seed is drawn for each table, so that whoever sends the packets
 * cannot choose addresses that all fall on one slot.
 */
export function hashKey(seed: number, words: Uint32Array, at: number, wordCount: number): number {
  let hash = seed;
  for (let word = 0; word < wordCount; word++) {
    let mixed = Math.imul(words[at + word]!, 0xcc9e2d51);
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash ^= mixed;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= 4 * wordCount;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
