import fc from "fast-check";
import { expect, it } from "vitest";
import { writeJson } from "./json-pieces.ts";

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, undefined, true, 0, -0, 1.5, Number.NaN),
    fc.string({ unit: "binary" }),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
})).value;

it("says what JSON.stringify says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), plain), async (value) => {
      expect((await writeJson(value)).toString()).toBe(Buffer.from(JSON.stringify(value)).toString());
    }),
  );
});

it("lets others have their turn while it writes much", async () => {
  const value = { list: Array.from({ length: 20_000 }, (_, index) => ({ index, text: "x".repeat(50) })) };
  let turns = 0;
  let writing = true;
  const takeTurn = () => {
    turns++;
    if (writing) setImmediate(takeTurn);
  };
  setImmediate(takeTurn);
  const written = await writeJson(value);
  writing = false;
  expect(JSON.parse(written.toString())).toEqual(value);
  expect(turns).toBeGreaterThan(3);
});
