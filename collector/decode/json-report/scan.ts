/** A text that is no JSON, and where that shows. */
export class JsonFault extends Error {
  /** Characters before the fault. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = "JsonFault";
    this.offset = offset;
  }
}

/** Where values of a JSON text begin and end. */
export interface JsonScanner {
  /** The offset of the first character at or after `at` that is no white space; the text's length if there is none. */
  skipSpace(at: number): number;
  /** The offset behind the value that begins at `at`. Throws a JsonFault if it is no JSON or too deep. */
  endOfValue(at: number): number;
  /** The offset behind the string that begins at `at`. Throws a JsonFault. */
  endOfString(at: number): number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const LETTER_U = 0x75;

const words = ["true", "false", "null"] as const;

/** Runs of characters that are longer than this are left to regular expressions, which are faster once they run. */
const SHORT = 32;

/**
 * Checks JSON (RFC 8259) without making anything of it, so that a text can be cut into its values, judged whole before
 * any of it is used, and refused with the place of its fault. Nothing recurses: depth is a count.
 *
 *     value  = object | list | string | number | true | false | null
 *     object = { [ string : value *( , string : value ) ] }
 *     list   = [ [ value *( , value ) ] ]
 */
export function createJsonScanner(text: string, maxDepth: number): JsonScanner {
  /** Containers that are open: 1 for objects. */
  const objects = new Uint8Array(maxDepth);
  const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  const spaces = /[ \n\r\t]+/y;
  const plain = /[ !#-[\]-\uffff]+/y;

  function fault(at: number, expected: string): JsonFault {
    const found = at >= text.length ? "the end" : JSON.stringify(String.fromCodePoint(text.codePointAt(at) as number));
    return new JsonFault(`expected ${expected}, got ${found}`, at);
  }

  function skipSpace(from: number): number {
    for (let at = from; at < from + SHORT; at++) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    }
    spaces.lastIndex = from + SHORT;
    return spaces.test(text) ? spaces.lastIndex : from + SHORT;
  }

  function endOfString(from: number): number {
    let at = from + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) at = endOfEscape(at);
      else if (code >= 0x20) at = at - from < SHORT ? at + 1 : endOfPlain(at);
      else if (at >= text.length) throw new JsonFault("expected the end of a text, got the end", at);
      else throw fault(at, "an escape for a control character");
    }
  }

  function endOfPlain(at: number): number {
    plain.lastIndex = at;
    plain.test(text);
    return plain.lastIndex;
  }

  function endOfEscape(at: number): number {
    const code = text.charCodeAt(at + 1);
    if (code === LETTER_U && isHex(at + 2) && isHex(at + 3) && isHex(at + 4) && isHex(at + 5)) return at + 6;
    if (isShortEscape(code)) return at + 2;
    throw new JsonFault("expected one of JSON's escapes after the backslash", at);
  }

  function isHex(at: number): boolean {
    const code = text.charCodeAt(at);
    return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
  }

  function endOfScalar(at: number): number {
    if (text.charCodeAt(at) === QUOTE) return endOfString(at);
    number.lastIndex = at;
    if (number.test(text)) return number.lastIndex;
    for (const word of words) if (text.startsWith(word, at)) return at + word.length;
    throw fault(at, "a value");
  }

  /** The offset of the value behind a name and its colon. */
  function afterName(at: number): number {
    if (text.charCodeAt(at) !== QUOTE) throw fault(at, "a name in quotes");
    const colon = skipSpace(endOfString(at));
    if (text.charCodeAt(colon) !== COLON) throw fault(colon, "a colon");
    return skipSpace(colon + 1);
  }

  function endOfValue(from: number): number {
    let depth = 0;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === OPEN_LIST || code === OPEN_OBJECT) {
        if (depth === maxDepth) throw new JsonFault(`expected at most ${maxDepth} levels of nesting`, at);
        const isObject = code === OPEN_OBJECT;
        objects[depth++] = isObject ? 1 : 0;
        at = skipSpace(at + 1);
        if (text.charCodeAt(at) !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
          if (isObject) at = afterName(at);
          continue;
        }
      } else at = endOfScalar(at);

      // Behind a value, or before the end of an empty container: close what ends here.
      for (;;) {
        if (depth === 0) return at;
        at = skipSpace(at);
        const isObject = objects[depth - 1] === 1;
        const next = text.charCodeAt(at);
        if (next === COMMA) {
          at = skipSpace(at + 1);
          if (isObject) at = afterName(at);
          break;
        }
        if (next !== (isObject ? CLOSE_OBJECT : CLOSE_LIST))
          throw fault(at, isObject ? "a comma or }" : "a comma or ]");
        depth--;
        at++;
      }
    }
  }

  return { skipSpace, endOfValue, endOfString };
}

/** One of `" \ / b f n r t`. */
function isShortEscape(code: number): boolean {
  switch (code) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

/** Line and column of an offset, both from 1; columns in characters. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < offset; next = text.indexOf("\n", start)) {
    line++;
    start = next + 1;
  }
  return { line, column: offset - start + 1 };
}
