import fc from "fast-check";
import { expect, it } from "vitest";
import { RowBatch, unpackRows } from "./row-batch.ts";

const row = fc.record({
  timeMs: fc.integer({ min: 0 }),
  weight: fc.constantFrom(1, 10, 1 / 3, 1e21),
  body: fc
    .oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 70_000, maxLength: 80_000 }))
    .map((text) => JSON.stringify({ text })),
});

it("gives back what was put in, batch after batch", () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 4 }), (batches) => {
      const batch = new RowBatch();
      for (const rows of batches) {
        for (const each of rows) batch.add(each);
        expect(batch.rows).toBe(rows.length);
        const packed = batch.take();
        expect(packed.rows).toBe(rows.length);
        expect(unpackRows(packed)).toEqual(rows);
        expect(batch.rows).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});
