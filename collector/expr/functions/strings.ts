import type { Int64 } from "../../../schemas/model/value.ts";
import type { EvalFailure } from "../expression.ts";
import { maxListLength, maxStringLength } from "../limits.ts";
import { BOOL, BYTES, INT64, listOf, STRING } from "../types.ts";
import { fault, fn, method, type Overload } from "./overload.ts";

/** The fault of making a text beyond the limit. */
export const tooLong = fault(`the text would be longer than ${maxStringLength} characters`);
const tooManyParts = fault(`the list would be longer than ${maxListLength} elements`);
const notTexts = fault("join() takes a list of texts");

function concat(a: string, b: string): string | EvalFailure {
  return a.length + b.length > maxStringLength ? tooLong : a + b;
}

function concatBytes(a: Uint8Array, b: Uint8Array): Uint8Array | EvalFailure {
  return a.length + b.length > maxStringLength ? tooLong : new Uint8Array(Buffer.concat([a, b]));
}

/** Maps the letters A to Z alone, as `lowerAscii` says. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** White space of Unicode (property White_Space): U+0085 belongs to it, U+FEFF does not. */
const blanks = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const leading = new RegExp(`^${blanks}+`);
const blank = new RegExp(blanks);

function trim(text: string): string {
  const start = leading.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && blank.test(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

function split(text: string, separator: string, limit: Int64 = -1): readonly string[] | EvalFailure {
  if (limit === 0) return [];
  const parts = separator === "" ? [...text] : text.split(separator);
  if (limit > 0 && parts.length > limit) {
    const most = Number(limit);
    const rest = parts.splice(most - 1).join(separator);
    parts.push(rest);
  }
  return parts.length > maxListLength ? tooManyParts : parts;
}

function replace(text: string, old: string, by: string, limit: Int64 = -1): string | EvalFailure {
  if (limit === 0) return text;
  const parts = old === "" ? ["", ...text, ""] : text.split(old);
  const count = limit < 0 ? parts.length - 1 : Math.min(parts.length - 1, Number(limit));
  if (text.length + count * (by.length - old.length) > maxStringLength) return tooLong;
  const head = parts.slice(0, count + 1).join(by);
  const tail = parts.slice(count + 1);
  return tail.length === 0 ? head : head + old + tail.join(old);
}

function join(list: readonly unknown[], separator = ""): string | EvalFailure {
  let length = separator.length * list.length;
  for (const element of list) {
    if (typeof element !== "string") return notTexts;
    length += element.length;
  }
  return length > maxStringLength ? tooLong : list.join(separator);
}

const quotes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => quotes[character] ?? character)}"`;
}

function reverse(text: string): string {
  return [...text].reverse().join("");
}

/** Texts: CEL's standard functions and its strings extension; all positions and sizes count code points. */
export const stringFunctions: readonly Overload[] = [
  fn("_+_", [STRING, STRING], STRING, concat),
  fn("_+_", [BYTES, BYTES], BYTES, concatBytes),
  method("contains", [STRING, STRING], BOOL, (a: string, b: string) => a.includes(b)),
  method("startsWith", [STRING, STRING], BOOL, (a: string, b: string) => a.startsWith(b)),
  method("endsWith", [STRING, STRING], BOOL, (a: string, b: string) => a.endsWith(b)),
  method("lowerAscii", [STRING], STRING, lowerAscii),
  method("upperAscii", [STRING], STRING, upperAscii),
  method("trim", [STRING], STRING, trim),
  method("split", [STRING, STRING], listOf(STRING), (a: string, b: string) => split(a, b)),
  method("split", [STRING, STRING, INT64], listOf(STRING), split),
  method("replace", [STRING, STRING, STRING], STRING, (a: string, b: string, c: string) => replace(a, b, c)),
  method("replace", [STRING, STRING, STRING, INT64], STRING, replace),
  method("join", [listOf(STRING)], STRING, (list: readonly unknown[]) => join(list)),
  method("join", [listOf(STRING), STRING], STRING, join),
  method("reverse", [STRING], STRING, reverse),
  fn("strings.quote", [STRING], STRING, quote),
];
