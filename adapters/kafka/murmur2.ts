const seed = 0x9747b28c;
const mixer = 0x5bd1e995;

/** The hash by which Java's clients choose the partition of a key: murmur2, 32 bits, signed. */
export function murmur2(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const whole = key.length & ~3;
  let hash = seed ^ key.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(view.getInt32(at, true), mixer);
    word = Math.imul(word ^ (word >>> 24), mixer);
    hash = Math.imul(hash, mixer) ^ word;
  }
  if (whole < key.length) {
    for (let at = key.length - 1; at >= whole; at--) hash ^= key[at]! << (8 * (at - whole));
    hash = Math.imul(hash, mixer);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mixer);
  return hash ^ (hash >>> 15);
}

/** The partition of a key, the same as Java's clients choose. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
