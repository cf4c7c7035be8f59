import { type Int64, toInt64 } from "../../schemas/model/value.ts";
import { SyntaxProblem } from "./problem.ts";

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

const codeLengths: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/**
 * The text between the quotes of a string literal with its escapes replaced (CEL language definition, "String and
 * Bytes Values"). `at` is the offset of the text's first character. Throws a SyntaxProblem at a bad escape.
 */
export function unescapeString(text: string, at: number): string {
  let out = "";
  for (const { plain, code, from } of pieces(text, at)) {
    if (code !== undefined && (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))) {
      throw new SyntaxProblem(from, "this escape is no Unicode character");
    }
    out += code === undefined ? plain : String.fromCodePoint(code);
  }
  return out;
}

/** The same for a bytes literal: characters become UTF-8, `\x` and octal escapes single bytes. Throws a SyntaxProblem. */
export function unescapeBytes(text: string, at: number): Uint8Array {
  const out: number[] = [];
  for (const { plain, code, from, letter } of pieces(text, at)) {
    if (letter === "u" || letter === "U")
      throw new SyntaxProblem(from, "bytes have no \\u escapes; write \\x or octal");
    if (code === undefined) for (const byte of Buffer.from(plain, "utf8")) out.push(byte);
    else out.push(code);
  }
  return Uint8Array.from(out);
}

interface Piece {
  readonly plain: string;
  /** The number that an \x, \u, \U or octal escape gives. */
  readonly code?: number;
  readonly letter?: string;
  readonly from: number;
}

function* pieces(text: string, at: number): Generator<Piece> {
  let done = 0;
  for (let back = text.indexOf("\\"); back >= 0; back = text.indexOf("\\", done)) {
    if (back > done) yield { plain: text.slice(done, back), from: at + done };
    const letter = text[back + 1] ?? "";
    const plain = simpleEscapes[letter];
    const [, digits] = codeOf(text, back, letter);
    if (plain === undefined && digits === undefined) {
      throw new SyntaxProblem(at + back, `unknown escape \\${letter}; a backslash itself is \\\\, or write r"..."`);
    }
    if (plain !== undefined) yield { plain, from: at + back };
    else yield { plain: "", code: codeOf(text, back, letter)[0], letter, from: at + back };
    done = back + (plain !== undefined ? 2 : (digits ?? 0));
  }
  if (done < text.length) yield { plain: text.slice(done), from: at + done };
}

/** The number of a coded escape at `back`, and how many characters the escape takes; undefined if it is none. */
function codeOf(text: string, back: number, letter: string): [number, number | undefined] {
  const length = codeLengths[letter];
  if (length !== undefined) {
    const hex = text.slice(back + 2, back + 2 + length);
    return new RegExp(`^[0-9a-fA-F]{${length}}$`).test(hex) ? [Number.parseInt(hex, 16), length + 2] : [0, undefined];
  }
  const octal = text.slice(back + 1, back + 4);
  return /^[0-3][0-7]{2}$/.test(octal) ? [Number.parseInt(octal, 8), 4] : [0, undefined];
}

/** A signed 64-bit integer from decimal or 0x digits with an optional minus; undefined if it does not fit. */
export function parseInt64(digits: string): Int64 | undefined {
  const value = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
  return value >= -0x8000_0000_0000_0000n && value <= 0x7fff_ffff_ffff_ffffn ? toInt64(value) : undefined;
}

/** An unsigned 64-bit integer from decimal or 0x digits; undefined if it does not fit. */
export function parseUint64(digits: string): Int64 | undefined {
  const value = BigInt(digits);
  return value <= 0xffff_ffff_ffff_ffffn ? toInt64(value) : undefined;
}
