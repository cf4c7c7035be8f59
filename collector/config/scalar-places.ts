/**
 * Where the characters of a YAML scalar stand in the file. Between the two lie quotes, escapes, indentation and folded
 * lines (YAML 1.2.2, chapters 7.3, 8.1 and 6.5): one line break folds into a space, each further one stays.
 */

/** How a scalar is written. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** A scalar in its file: the text from `start` (at the opening quote or `|`, `>`) to `end`. */
export interface WrittenScalar {
  readonly source: string;
  readonly start: number;
  readonly end: number;
  readonly style: ScalarStyle;
}

/** For each character of `value` its offset in the file, and one entry more for its end. */
export function offsetsOf(value: string, written: WrittenScalar): number[] {
  const offsets: number[] = [];
  let at = firstOffset(written);
  for (let index = 0; index < value.length; ) {
    const unit = nextUnit(value[index] as string, at, written);
    for (let part = 0; part < unit.length; part++) offsets.push(unit.at);
    index += unit.length;
    at = unit.next;
  }
  offsets.push(Math.min(at, written.end));
  return offsets;
}

function firstOffset({ source, start, end, style }: WrittenScalar): number {
  if (style === "plain") return start;
  if (style !== "block") return start + 1;
  const headerEnd = source.indexOf("\n", start);
  return headerEnd === -1 || headerEnd >= end ? end : headerEnd + 1;
}

/** A character of the value: where it is written, how many UTF-16 units it gives, where to go on. */
interface Unit {
  readonly at: number;
  readonly length: number;
  readonly next: number;
}

function nextUnit(character: string, from: number, written: WrittenScalar): Unit {
  const { source, end, style } = written;
  if (style === "block") return blockUnit(character, from, source, end);
  const fold = foldAt(source, from, style === "double");
  if (fold !== undefined) return fold;
  if (style === "double" && source[from] === "\\") return escapeAt(source, from);
  return { at: Math.min(from, end), length: 1, next: from + (style === "single" && character === "'" ? 2 : 1) };
}

/** A break within a flow scalar, with the white space around it; one that is escaped leaves no space behind. */
function foldAt(source: string, from: number, escapable: boolean): Unit | undefined {
  const breaks = /(?:(\\)|[ \t]*)\r?\n((?:[ \t]*\r?\n)*)[ \t]*/y;
  breaks.lastIndex = from;
  const [whole, escaped, empty = ""] = breaks.exec(source) ?? [];
  if (whole === undefined || (escaped !== undefined && !escapable)) return undefined;
  const kept = empty.split("\n").length - 1;
  return { at: from, length: kept > 0 || escaped !== undefined ? kept : 1, next: from + whole.length };
}

/** In a block, white space of the value may be any white space of the file or none; anything else follows white space. */
function blockUnit(character: string, from: number, source: string, end: number): Unit {
  if (isSpace(character)) {
    const next = source[from] === character ? from + 1 : isSpace(source[from]) ? skipSpace(source, from, end) : from;
    return { at: Math.min(from, end), length: 1, next };
  }
  const found = source[from] === character ? from : skipSpace(source, from, end);
  return { at: Math.min(found, end), length: 1, next: found + 1 };
}

const isSpace = (character: string | undefined) =>
  character === " " || character === "\n" || character === "\t" || character === "\r";

function skipSpace(source: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(source[at])) at++;
  return at;
}

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function escapeAt(source: string, at: number): Unit {
  const digits = hexDigits[source[at + 1] ?? ""] ?? 0;
  const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
  return { at, length: digits === 8 && code > 0xffff ? 2 : 1, next: at + 2 + digits };
}
