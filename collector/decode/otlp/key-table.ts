/** Finds the number of a key by its bytes, without making text of it. */
export class KeyTable {
  readonly #keys: readonly Buffer[];
  /** Places by hash; -1 is empty. */
  readonly #places: Int16Array;
  readonly #mask: number;

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(key));
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, keys.length) * 4));
    this.#mask = size - 1;
    this.#places = new Int16Array(size).fill(-1);
    for (const [number, key] of this.#keys.entries()) {
      let place = this.#hash(key, 0, key.length);
      while (this.#places[place] !== -1) place = (place + 1) & this.#mask;
      this.#places[place] = number;
    }
  }

  /** The place in the list of the key in this range; -1 for any other. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return -1;
    for (let place = this.#hash(bytes, start, end); ; place = (place + 1) & this.#mask) {
      const number = this.#places[place]!;
      if (number === -1 || isSame(this.#keys[number]!, bytes, start, end)) return number;
    }
  }

  /** Keys differ in their length, their end or their middle. */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    const middle = bytes[(start + end) >>> 1]!;
    const mixed = (end - start) * 31 + bytes[start]! * 7 + middle * 131 + bytes[end - 1]! * 17;
    return (mixed ^ (mixed >>> 7)) & this.#mask;
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
