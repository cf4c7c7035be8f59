/** Places for bins in a key: a key is row * bins + bin. */
export const binsPerRow = 4096;

/** Counts of sketch bins by row, in one hash table of typed arrays: no allocation per record, memory by what is there. */
export class BinTable {
  /** Key + 1 by hash; 0 is free. */
  keys: Int32Array;
  counts: Float64Array;
  size = 0;
  #mask: number;

  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, capacity)));
    this.keys = new Int32Array(places);
    this.counts = new Float64Array(places);
    this.#mask = places - 1;
  }

  /** Adds to a bin of a row. */
  add(row: number, bin: number, count: number): void {
    const key = row * binsPerRow + bin + 1;
    let place = this.#placeOf(key);
    if (this.keys[place] === 0) {
      if (this.size * 2 >= this.keys.length) {
        this.#grow();
        place = this.#placeOf(key);
      }
      this.keys[place] = key;
      this.size++;
    }
    this.counts[place]! += count;
  }

  #placeOf(key: number): number {
    const { keys } = this;
    const hash = Math.imul(key, 0x9e3779b1);
    let place = (hash ^ (hash >>> 15)) & this.#mask;
    while (keys[place] !== 0 && keys[place] !== key) place = (place + 1) & this.#mask;
    return place;
  }

  #grow(): void {
    const { keys, counts } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.counts = new Float64Array(keys.length * 2);
    this.#mask = this.keys.length - 1;
    for (let index = 0; index < keys.length; index++) {
      if (keys[index] === 0) continue;
      const place = this.#placeOf(keys[index]!);
      this.keys[place] = keys[index]!;
      this.counts[place] = counts[index]!;
    }
  }
}
