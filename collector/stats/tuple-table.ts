/**
 * Ids for tuples of small integers: insert-only, bounded, in one typed array with open addressing. Fill `key`, then ask.
 * The hash is seeded, so that whoever chooses the values cannot choose collisions.
 */
export class TupleTable {
  /** The tuple asked for next. */
  readonly key: Int32Array;
  /** Tuples by id, one after the other. */
  readonly rows: Int32Array;
  size = 0;
  readonly capacity: number;
  readonly #width: number;
  readonly #seed: number;
  readonly #mask: number;
  /** Id + 1 by hash; 0 is free. */
  readonly #places: Int32Array;

  constructor(width: number, capacity: number, seed: number) {
    this.#width = width;
    this.capacity = capacity;
    this.#seed = seed;
    this.key = new Int32Array(width);
    this.rows = new Int32Array(width * capacity);
    const places = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#mask = places - 1;
    this.#places = new Int32Array(places);
  }

  /** The id of the tuple in `key`, a new one if there is none yet; -1 if that would make more than `limit`. */
  intern(limit = this.capacity): number {
    let place = this.#hash() & this.#mask;
    for (;;) {
      const id = this.#places[place]! - 1;
      if (id < 0) return this.size < limit ? this.#add(place) : -1;
      if (this.#equals(id)) return id;
      place = (place + 1) & this.#mask;
    }
  }

  #add(place: number): number {
    const id = this.size++;
    this.rows.set(this.key, id * this.#width);
    this.#places[place] = id + 1;
    return id;
  }

  #equals(id: number): boolean {
    const { key, rows } = this;
    const start = id * this.#width;
    for (let index = 0; index < key.length; index++) {
      if (rows[start + index] !== key[index]) return false;
    }
    return true;
  }

  #hash(): number {
    const { key } = this;
    let hash = this.#seed;
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ key[index]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
