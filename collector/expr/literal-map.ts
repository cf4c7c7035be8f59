import { EvalFailure } from "./expression.ts";
import { type AnyMap, type Key, KeyedMap, toKey, Uint } from "./values.ts";

const badKey = new EvalFailure("fault", "a map key must be a text, a whole number or a truth value");
const repeatedKey = new EvalFailure("fault", "a map has the same key twice");

/** The map of boxed keys and values, or the fault that a key is repeated or of a type that is no key. */
export function literalMap(keys: readonly unknown[], values: readonly unknown[]): AnyMap | EvalFailure {
  const map = mapFor(keys);
  for (const [i, boxed] of keys.entries()) {
    const key = toKey(boxed);
    if (key === undefined || Number.isNaN(key)) return badKey;
    if (map.has(key)) return repeatedKey;
    map.set(key, values[i]);
    if (boxed instanceof Uint && map instanceof KeyedMap) map.unsigned.add(key);
  }
  return map;
}

/** An empty map for these boxed keys: a plain one unless some are unsigned. */
function mapFor(keys: readonly unknown[]): Map<Key, unknown> {
  return keys.some((key) => key instanceof Uint) ? new KeyedMap() : new Map();
}
