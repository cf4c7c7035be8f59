import fc from "fast-check";
import { expect, it } from "vitest";
import type { Value } from "../../schemas/model/value.ts";
import { QuickTable } from "./quick-table.ts";

const plain = fc.constantFrom<Value | undefined>("", "ab", 1, 1n, true, undefined);
const map = fc
  .dictionary(fc.constantFrom("x", "y"), fc.constantFrom("", "a"))
  .map((entries) => new Map(Object.entries(entries)));
const request = fc.tuple(plain, plain, fc.oneof({ weight: 5, arbitrary: map }, plain));
const parts = [
  { slot: 0, key: undefined },
  { slot: 2, key: "x" },
];

it("finds what was kept under the same values of the parts, and nothing else", () => {
  let hits = 0;
  fc.assert(
    fc.property(fc.array(request, { minLength: 10, maxLength: 60, size: "max" }), (requests) => {
      const table = new QuickTable<string>(parts);
      for (const values of requests) {
        const own = JSON.stringify([
          typeof values[0],
          String(values[0]),
          values[2] instanceof Map && [values[2].get("x")],
        ]);
        const found = table.find(values);
        if (found !== undefined) {
          expect(found).toBe(own);
          hits++;
        }
        table.keep(values, own);
        expect(table.find(values)).toBe(values[2] instanceof Map ? own : undefined);
      }
    }),
  );
  expect(hits).toBeGreaterThan(50);
});

it("does not know a map that counts as a whole", () => {
  const table = new QuickTable<string>([{ slot: 0, key: undefined }]);
  table.keep([new Map()], "a map");
  expect(table.find([new Map()])).toBeUndefined();
});
