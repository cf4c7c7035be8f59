import type { EvalFailure } from "../expression.ts";
import { maxListLength } from "../limits.ts";
import { BOOL, BYTES, DYN, join, listOf, STRING, STRING_MAP, type Type } from "../types.ts";
import { BoxedDouble, Uint } from "../values.ts";
import { fault, fn, method, type Overload } from "./overload.ts";

const tooLong = fault(`the list would be longer than ${maxListLength} elements`);
const outside = fault("the index is outside of the list");
const noIndex = fault("a list is indexed by a whole number");

function concat(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] | EvalFailure {
  return a.length + b.length > maxListLength ? tooLong : [...a, ...b];
}

/** The element at a boxed index; a DOUBLE or uint that stands for a whole number will do. */
export function elementAt(list: readonly unknown[], index: unknown): unknown {
  const place = index instanceof Uint || index instanceof BoxedDouble ? index.value : index;
  if (typeof place === "bigint") return outside;
  if (typeof place !== "number" || !Number.isInteger(place)) return noIndex;
  return place >= 0 && place < list.length ? list[place] : outside;
}

const sumOfLists = ([a, b]: readonly Type[]): Type | undefined => a && b && join(a, b);
const emptyMap: ReadonlyMap<string, string> = new Map();

/** Lists and truth values, and the helpers that Mixer's rules use. */
export const listFunctions: readonly Overload[] = [
  fn("_+_", [listOf(DYN), listOf(DYN)], sumOfLists, concat),
  fn("!_", [BOOL], BOOL, (value: boolean) => !value),
  fn("emptyStringMap", [], STRING_MAP, () => emptyMap),
  fn("toLower", [STRING], STRING, (text: string) => text.toLowerCase()),
  fn("base64.encode", [BYTES], STRING, (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")),
  fn("base64.decode", [STRING], BYTES, decodeBase64),
  method(
    "reverse",
    [listOf(DYN)],
    ([list]) => list,
    (list: readonly unknown[]) => list.toReversed(),
  ),
];

function decodeBase64(text: string): Uint8Array | EvalFailure {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return fault("the text is not base64");
  return new Uint8Array(Buffer.from(text, "base64"));
}
