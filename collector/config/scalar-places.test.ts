import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Document, isMap, isScalar, parseDocument, Scalar } from "yaml";
import { parseYaml } from "./parse-yaml.ts";
import { offsetsOf, type ScalarStyle } from "./scalar-places.ts";
import { child } from "./tree.ts";

/** Where the place of a line and column of the text under `key` points to in the file. */
function pointed(yaml: string, line: number, column: number): string {
  const scalar = child(parseYaml("f", yaml, {}).tree, "key");
  if (scalar?.kind !== "scalar") throw new Error("no scalar");
  const at = scalar.placeOf(line, column);
  return (yaml.split("\n")[at.line - 1] ?? "").slice(at.column - 1);
}

describe("places inside a scalar", () => {
  const cases: readonly [string, string, number, number, string][] = [
    ["plain", "key: abc def", 1, 5, "def"],
    ["plain over two lines", "key: abc\n  def ghi", 1, 9, "ghi"],
    ["single-quoted", "key: 'it''s here'", 1, 6, "here'"],
    ["single-quoted over lines", "key: 'a\n\n  b c'", 2, 3, "c'"],
    ["double-quoted", 'key: "a\\"b \\u0041 c"', 1, 7, 'c"'],
    ["double-quoted over a continued line", 'key: "ab\\\n   cd ef"', 1, 6, 'ef"'],
    ["literal", "key: |\n  one\n    two three\n", 2, 7, "three"],
    ["literal with an indentation indicator", "key: |2-\n   one two", 1, 6, "two"],
    ["folded", "key: >-\n  one\n  two three", 1, 9, "three"],
    ["folded with more indented lines", "key: >\n  one\n    two\n  three", 2, 3, "two"],
    ["folded after a header comment", "key: >- # why\n  one two", 1, 5, "two"],
    ["in Windows files", "key: >-\r\n  one\r\n  two three", 1, 9, "three"],
    ["past the end", "key: abc", 1, 4, ""],
  ];
  it.each(cases)("%s", (_, yaml, line, column, rest) => {
    expect(pointed(yaml, line, column).trimEnd()).toBe(rest);
  });

  const types = [
    Scalar.PLAIN,
    Scalar.QUOTE_SINGLE,
    Scalar.QUOTE_DOUBLE,
    Scalar.BLOCK_FOLDED,
    Scalar.BLOCK_LITERAL,
  ] as const;
  const words = fc.array(
    fc.constantFrom("alpha", "be'ta", 'ga"mma', " ", "  ", "\n", "\n\n", "|", "==", "é", "😀", "\\"),
    { maxLength: 30 },
  );

  it("however it is written, a character that is written as itself is found", () => {
    fc.assert(
      fc.property(words, fc.constantFrom(...types), (parts, type) => {
        const scalar = new Scalar(parts.join(""));
        scalar.type = type;
        const source = new Document({ key: scalar }).toString({ lineWidth: 20, minContentWidth: 0 });
        const map = parseDocument(source).contents;
        const found = isMap(map) ? map.items[0]?.value : undefined;
        if (!isScalar(found) || typeof found.value !== "string" || !found.range) return;
        const written = { source, start: found.range[0], end: found.range[1], style: styleOf(found.type) };
        const offsets = offsetsOf(found.value, written);
        expect(offsets).toHaveLength(found.value.length + 1);
        for (const [index, character] of [...found.value].entries()) {
          if (!/[a-z|=é]/.test(character)) continue;
          const unit = [...found.value].slice(0, index).join("").length;
          expect(source[offsets[unit] as number]).toBe(character);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function styleOf(type: string | undefined): ScalarStyle {
  if (type === Scalar.QUOTE_SINGLE) return "single";
  if (type === Scalar.QUOTE_DOUBLE) return "double";
  return type === Scalar.PLAIN ? "plain" : "block";
}
