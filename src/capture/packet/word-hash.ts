/**
 * Hash of the first `count` words, 32 bits (the mixing of MurmurHash3 x86_32). The seed keeps whoever chooses
 * addresses and ports from choosing collisions, so take a random one for each table.
 */
export function hashWords(words: Uint32Array, count: number, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < count; i++) {
    let word = Math.imul(words[i] as number, 0xcc9e2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A seed for `hashWords`. */
export function createHashSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
