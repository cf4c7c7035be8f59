import type { LabelTuple } from "../../schemas/model/instance.ts";

/** How large a table of tuples may grow, and when unused ones make room. */
export interface TupleTableOptions {
  readonly names: readonly string[];
  /** Tuples at once. */
  readonly maxTuples: number;
  /** Characters of all distinct texts at once, so that long ones cannot take up the memory. */
  readonly maxCharacters: number;
  /** A tuple unused for this long may make room when the table is full. */
  readonly idleMs: number;
  /** Milliseconds, monotonic or since the epoch. */
  now(): number;
}

/** Hands out one object for one combination of label values, within a bound. */
export interface TupleTable {
  /** The tuple of these values. `texts` is read, not kept. Without room left, the shared tuple that names the label to blame. */
  intern(texts: readonly string[]): LabelTuple;
  /** Tuples in the table. */
  readonly size: number;
  /** How often the answer was an overflow tuple. */
  readonly overflows: number;
}

const FREE = -1;
/** A full table looks for unused tuples at most this often. */
const SWEEP_EVERY_MS = 60_000;
/** The clock is read once in this many calls. */
const CLOCK_STRIDE = 1024;

/**
 * Insert-only between sweeps: each label has a dictionary from text to id, and tuples are found by hashing ids in an
 * open-addressing table. Dictionaries grow only with tuples, so the two bounds hold for all of it. The last text of each
 * label is remembered, since entries of one stream repeat most labels.
 */
export function createTupleTable(options: TupleTableOptions): TupleTable {
  const { names, maxTuples, maxCharacters, idleMs, now } = options;
  const width = names.length;
  const mask = 2 ** Math.ceil(Math.log2(Math.max(16, maxTuples * 2))) - 1;
  const buckets = new Int32Array(mask + 1).fill(FREE);
  const probe = new Int32Array(width);
  const lastTexts = new Array<string>(width).fill("");
  const lastIds = new Int32Array(width).fill(FREE);
  const blamed = new Map<number, LabelTuple>();

  let dictionaries = names.map(() => new Map<string, number>());
  let ids = new Int32Array(width * 64);
  let lastUsed = new Float64Array(64);
  let tuples: LabelTuple[] = [];
  let characters = 0;
  let overflows = 0;
  let lastSweep = now();
  let clock = lastSweep;
  let calls = 0;

  function bucketOf(): number {
    let hash = 0x811c9dc5;
    for (let label = 0; label < width; label++) {
      hash = Math.imul(hash ^ (probe[label] as number), 0x01000193);
      hash ^= hash >>> 15;
    }
    let bucket = hash & mask;
    for (let found = buckets[bucket] as number; found !== FREE; found = buckets[bucket] as number) {
      if (sameIds(found)) return bucket;
      bucket = (bucket + 1) & mask;
    }
    return bucket;
  }

  function sameIds(tuple: number): boolean {
    const base = tuple * width;
    for (let label = 0; label < width; label++) if (ids[base + label] !== probe[label]) return false;
    return true;
  }

  /** Fills `probe`; false if some text has no id yet. */
  function lookUp(texts: readonly string[]): boolean {
    let known = true;
    for (let label = 0; label < width; label++) {
      const text = texts[label] as string;
      if (text === lastTexts[label] && lastIds[label] !== FREE) {
        probe[label] = lastIds[label] as number;
        continue;
      }
      const id = (dictionaries[label] as Map<string, number>).get(text);
      if (id === undefined) {
        known = false;
        probe[label] = FREE;
        continue;
      }
      probe[label] = id;
      lastTexts[label] = text;
      lastIds[label] = id;
    }
    return known;
  }

  function insert(texts: readonly string[]): LabelTuple {
    const tuple: LabelTuple = { names, values: texts.slice() };
    for (let label = 0; label < width; label++) {
      const dictionary = dictionaries[label] as Map<string, number>;
      const text = texts[label] as string;
      const known = dictionary.get(text);
      probe[label] = known ?? dictionary.size;
      if (known !== undefined) continue;
      dictionary.set(text, dictionary.size);
      characters += text.length;
    }
    place(tuple, clock);
    return tuple;
  }

  /** Whether another tuple fits: by number, and by the characters of the texts that it would bring. */
  function fits(texts: readonly string[]): boolean {
    if (tuples.length >= maxTuples) return false;
    let added = 0;
    for (let label = 0; label < width; label++) {
      const text = texts[label] as string;
      if (!(dictionaries[label] as Map<string, number>).has(text)) added += text.length;
    }
    return characters + added <= maxCharacters;
  }

  function place(tuple: LabelTuple, used: number): void {
    const index = tuples.length;
    if (index === lastUsed.length) grow();
    buckets[bucketOf()] = index;
    ids.set(probe, index * width);
    lastUsed[index] = used;
    tuples.push(tuple);
  }

  function grow(): void {
    const moreIds = new Int32Array(ids.length * 2);
    moreIds.set(ids);
    ids = moreIds;
    const moreUsed = new Float64Array(lastUsed.length * 2);
    moreUsed.set(lastUsed);
    lastUsed = moreUsed;
  }

  /** Drops tuples out of use and numbers the rest anew. */
  function sweep(): void {
    lastSweep = clock;
    const kept = tuples.map((tuple, index) => ({ tuple, used: lastUsed[index] as number }));
    const live = kept.filter(({ used }) => clock - used < idleMs);
    if (live.length > tuples.length * 0.9) return;
    dictionaries = names.map(() => new Map<string, number>());
    tuples = [];
    characters = 0;
    buckets.fill(FREE);
    lastIds.fill(FREE);
    for (const { tuple, used } of live) {
      for (let label = 0; label < width; label++) {
        const dictionary = dictionaries[label] as Map<string, number>;
        const text = tuple.values[label] as string;
        const known = dictionary.get(text);
        const id = known ?? dictionary.size;
        if (known === undefined) characters += text.length;
        dictionary.set(text, id);
        probe[label] = id;
      }
      place(tuple, used);
    }
  }

  /** The label with the most distinct values is to blame. */
  function overflow(): LabelTuple {
    overflows++;
    let worst = 0;
    for (let label = 1; label < width; label++) {
      if ((dictionaries[label]?.size ?? 0) > (dictionaries[worst]?.size ?? 0)) worst = label;
    }
    let tuple = blamed.get(worst);
    if (tuple === undefined) {
      const name = names[worst] ?? "";
      tuple = { names, values: names.map((other) => (other === name ? "{other}" : "")), overflow: name };
      blamed.set(worst, tuple);
    }
    return tuple;
  }

  return {
    intern(texts) {
      if (++calls % CLOCK_STRIDE === 0) clock = now();
      if (lookUp(texts)) {
        const found = buckets[bucketOf()] as number;
        if (found !== FREE) {
          lastUsed[found] = clock;
          return tuples[found] as LabelTuple;
        }
      }
      if (fits(texts)) return insert(texts);
      if (clock - lastSweep < SWEEP_EVERY_MS) return overflow();
      sweep();
      return fits(texts) ? insert(texts) : overflow();
    },
    get size() {
      return tuples.length;
    },
    get overflows() {
      return overflows;
    },
  };
}
