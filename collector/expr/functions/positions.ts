import type { Int64 } from "../../../schemas/model/value.ts";
import type { EvalFailure } from "../expression.ts";
import { BYTES, DYN, INT64, listOf, mapOf, STRING } from "../types.ts";
import { either, fault, method, type Overload } from "./overload.ts";

/*
 * Positions count code points. A text without surrogates has its code points at its UTF-16 units, which is nearly always
 * so; any other is turned into an array of code points.
 */
const surrogate = /[\ud800-\udfff]/;

/** The number of code points. */
export function sizeOf(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let size = text.length;
  for (let i = 1; i < text.length; i++) {
    const low = text.charCodeAt(i) & 0xfc00;
    if (low === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) size--;
  }
  return size;
}

function outside(index: Int64): EvalFailure {
  return fault(`index out of range: ${index}`);
}

/** The UTF-16 offset of the code point at `index`. */
function unitAt(text: string, index: number): number {
  if (!surrogate.test(text)) return index;
  let unit = 0;
  for (let i = 0; i < index; i++) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return unit;
}

function charAt(text: string, index: Int64): string | EvalFailure {
  if (index < 0 || index > sizeOf(text)) return outside(index);
  const code = text.codePointAt(unitAt(text, Number(index)));
  return code === undefined ? "" : String.fromCodePoint(code);
}

function indexOf(text: string, part: string, from: Int64 = 0): number | EvalFailure {
  if (from < 0 || from > sizeOf(text)) return outside(from);
  const unit = text.indexOf(part, unitAt(text, Number(from)));
  return unit < 0 ? -1 : sizeOf(text.slice(0, unit));
}

function lastIndexOf(text: string, part: string, from: Int64 = sizeOf(text)): number | EvalFailure {
  if (from < 0 || from > sizeOf(text)) return outside(from);
  const unit = text.lastIndexOf(part, unitAt(text, Number(from)));
  return unit < 0 ? -1 : sizeOf(text.slice(0, unit));
}

function substring(text: string, start: Int64, end: Int64 = sizeOf(text)): string | EvalFailure {
  if (start < 0 || start > sizeOf(text)) return outside(start);
  if (end < 0 || end > sizeOf(text)) return outside(end);
  if (start > end) return fault(`invalid range: from ${start} to ${end}`);
  return text.slice(unitAt(text, Number(start)), unitAt(text, Number(end)));
}

/** Sizes, and positions in texts (CEL's strings extension). An index outside of the text is a fault. */
export const positionFunctions: readonly Overload[] = [
  either("size", [STRING], INT64, sizeOf),
  either("size", [BYTES], INT64, (bytes: Uint8Array) => bytes.length),
  either("size", [listOf(DYN)], INT64, (list: readonly unknown[]) => list.length),
  either("size", [mapOf(DYN, DYN)], INT64, (map: ReadonlyMap<unknown, unknown>) => map.size),
  method("charAt", [STRING, INT64], STRING, charAt),
  method("indexOf", [STRING, STRING], INT64, (text: string, part: string) => indexOf(text, part)),
  method("indexOf", [STRING, STRING, INT64], INT64, indexOf),
  method("lastIndexOf", [STRING, STRING], INT64, (text: string, part: string) => lastIndexOf(text, part)),
  method("lastIndexOf", [STRING, STRING, INT64], INT64, lastIndexOf),
  method("substring", [STRING, INT64], STRING, (text: string, start: Int64) => substring(text, start)),
  method("substring", [STRING, INT64, INT64], STRING, substring),
];
