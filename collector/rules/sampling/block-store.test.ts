import fc from "fast-check";
import { expect, it } from "vitest";
import { BlockStore, blockBytes, emptyChain } from "./block-store.ts";

const mebibyte = 1_048_576;
const some = (length: number, seed = 0) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251);

it("gives back what was appended to each chain, however they mix, and all blocks in the end", () => {
  const step = fc.record({
    chain: fc.nat(4),
    bytes: fc.integer({ min: 0, max: 3 * blockBytes }),
    free: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new BlockStore();
      const chains = Array.from({ length: 5 }, () => ({ chain: emptyChain(), expected: Buffer.alloc(0) }));
      for (const [n, { chain: which, bytes, free }] of steps.entries()) {
        const each = chains[which]!;
        if (free) {
          store.free(each.chain);
          each.expected = Buffer.alloc(0);
        } else {
          const [before, growth] = [store.usedBytes, store.growth(each.chain, bytes)];
          store.append(each.chain, some(bytes, n));
          each.expected = Buffer.concat([each.expected, some(bytes, n)]);
          expect(store.usedBytes - before).toBe(growth);
        }
        for (const { chain, expected } of chains) expect(store.read(chain).equals(expected)).toBe(true);
      }
      for (const { chain } of chains) store.free(chain);
      expect(store.used).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it("takes no more memory than is in use, up to a slab, and gives it back", () => {
  const store = new BlockStore();
  const chains = Array.from({ length: 100 }, () => emptyChain());
  for (let round = 0; round < 50; round++) for (const chain of chains) store.append(chain, some(1000));
  expect(store.usedBytes).toBeGreaterThanOrEqual(5_000_000);
  expect(store.takenBytes).toBeLessThan(store.usedBytes + mebibyte);
  for (const chain of chains.slice(0, 50)) store.free(chain);
  for (let round = 0; round < 50; round++) for (const chain of chains.slice(0, 50)) store.append(chain, some(1000));
  expect(store.takenBytes).toBeLessThan(store.usedBytes + mebibyte);
  const height = store.takenBytes;
  for (const chain of chains.slice(0, 5)) store.free(chain);
  expect(store.takenBytes).toBe(height);
  for (const chain of chains) store.free(chain);
  expect(store.takenBytes).toBe(mebibyte);
});
