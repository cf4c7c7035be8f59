/**
 * Remembers results of pure functions by key, in two generations: once the young one is full it becomes the old one,
 * and what was there and not asked for again is forgotten. Never a source of ids, since it forgets.
 */
export interface BoundedCache<Key, Result> {
  get(key: Key): Result | undefined;
  set(key: Key, result: Result): void;
  /** Results held now, both generations together: at most twice the maximum. */
  readonly size: number;
}

/** Makes a cache whose generations hold up to `maxEntries` each. */
export function createBoundedCache<Key, Result>(maxEntries: number): BoundedCache<Key, Result> {
  let young = new Map<Key, Result>();
  let old = new Map<Key, Result>();

  function set(key: Key, result: Result): void {
    if (young.size >= maxEntries) {
      old = young;
      young = new Map();
    }
    young.set(key, result);
  }

  return {
    get(key) {
      const result = young.get(key);
      if (result !== undefined) return result;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    get size() {
      return young.size + old.size;
    },
  };
}

/** Longest text worth remembering: longer ones are rare, and a few thousand of them would be megabytes. */
const MAX_KEY_LENGTH = 512;

/** A pure function of a text, remembered for the texts that come often. */
export function memoizeByText<Result>(maxEntries: number, make: (text: string) => Result): (text: string) => Result {
  const cache = createBoundedCache<string, { readonly result: Result }>(maxEntries);
  return (text) => {
    if (text.length > MAX_KEY_LENGTH) return make(text);
    let kept = cache.get(text);
    if (kept === undefined) {
      kept = { result: make(text) };
      cache.set(text, kept);
    }
    return kept.result;
  };
}

/** A pure function of an object that comes again and again, remembered as long as the object lives. */
export function memoizeByObject<Key extends object, Result>(make: (key: Key) => Result): (key: Key) => Result {
  const results = new WeakMap<Key, { readonly result: Result }>();
  let lastKey: Key | undefined;
  let lastResult: Result;
  return (key) => {
    if (key === lastKey) return lastResult;
    let kept = results.get(key);
    if (kept === undefined) {
      kept = { result: make(key) };
      results.set(key, kept);
    }
    lastKey = key;
    lastResult = kept.result;
    return lastResult;
  };
}
