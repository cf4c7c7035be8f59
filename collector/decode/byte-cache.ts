/** Size of a byte cache. */
export interface ByteCacheOptions {
  /** Values kept, a power of two. */
  readonly entries: number;
  /** Longer ranges are made anew each time. */
  readonly maxBytes: number;
}

/** Makes a value from a range of bytes. */
export type Make<T> = (bytes: Buffer, start: number, end: number) => T;

/** Ranges up to this length are compared in place, longer ones by the native routine. */
const compareInPlace = 64;

/**
 * Gives the same value for the same bytes, as far as its bounded memory goes: it spares decoding and lets equal text be
 * one string. It forgets, so nothing may take identity here for equality of ids.
 * Two places for each hash: a newcomer takes the one that was not met again last, so a flood of values that come once
 * cannot push out those that repeat.
 */
export class ByteCache<T> {
  readonly #maxBytes: number;
  readonly #mask: number;
  readonly #make: Make<T>;
  readonly #keys: Buffer;
  /** Length + 1 of each key; 0 is an empty place. */
  readonly #lengths: Int32Array;
  readonly #values: (T | undefined)[];
  /** Which place of each pair the next newcomer takes. */
  readonly #spare: Uint8Array;
  readonly #hashes: Int32Array;

  constructor({ entries, maxBytes }: ByteCacheOptions, make: Make<T>) {
    this.#maxBytes = maxBytes;
    this.#mask = entries / 2 - 1;
    this.#make = make;
    this.#keys = Buffer.alloc(entries * maxBytes);
    this.#lengths = new Int32Array(entries);
    this.#values = new Array<T | undefined>(entries).fill(undefined);
    this.#spare = new Uint8Array(entries / 2);
    this.#hashes = new Int32Array(entries);
  }

  /** The value for these bytes. */
  get(bytes: Buffer, start: number, end: number): T {
    const length = end - start;
    if (length > this.#maxBytes) return this.#make(bytes, start, end);
    const mixed = hash(bytes, start, end);
    const set = mixed & this.#mask;
    for (let place = set * 2; place < set * 2 + 2; place++) {
      if (this.#hashes[place] !== mixed || !this.#holds(place, bytes, start, length)) continue;
      this.#spare[set] = 1 - (place & 1);
      return this.#values[place]!;
    }
    return this.#insert(set, mixed, bytes, start, end);
  }

  #holds(place: number, bytes: Buffer, start: number, length: number): boolean {
    if (this.#lengths[place] !== length + 1) return false;
    const keys = this.#keys;
    const from = place * this.#maxBytes;
    if (length > compareInPlace) return bytes.compare(keys, from, from + length, start, start + length) === 0;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== keys[from + i]) return false;
    return true;
  }

  #insert(set: number, mixed: number, bytes: Buffer, start: number, end: number): T {
    const value = this.#make(bytes, start, end);
    const place = set * 2 + this.#spare[set]!;
    bytes.copy(this.#keys, place * this.#maxBytes, start, end);
    this.#lengths[place] = end - start + 1;
    this.#hashes[place] = mixed;
    this.#values[place] = value;
    return value;
  }
}

/** Mixes four bytes at a time (multiplication by the golden ratio, as in Knuth 6.4). */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let mixed = end - start;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    mixed = Math.imul(mixed ^ word, 0x9e37_79b1);
    mixed ^= mixed >>> 15;
  }
  for (; i < end; i++) mixed = Math.imul(mixed ^ bytes[i]!, 0x0100_0193);
  return mixed ^ (mixed >>> 13);
}
