import { EvalFailure } from "./expression.ts";
import { KeyedMap, toKey, Uint } from "./values.ts";

const badKey = new EvalFailure("fault", "a map key must be a text, a whole number or a truth value");
const repeatedKey = new EvalFailure("fault", "a map has the same key twice");

/** The map of boxed keys and values, or the fault that a key is repeated or of a type that is no key. */
export function literalMap(keys: readonly unknown[], values: readonly unknown[]): KeyedMap | EvalFailure {
  const map = new KeyedMap();
  for (const [i, boxed] of keys.entries()) {
    const key = toKey(boxed);
    if (key === undefined || Number.isNaN(key)) return badKey;
    if (map.has(key)) return repeatedKey;
    map.set(key, values[i]);
    if (boxed instanceof Uint) map.unsigned.add(key);
  }
  return map;
}
