import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { expect, it } from "vitest";
import { murmur2, partitionOf } from "./murmur2.ts";

it.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
])("hashes %s as the test of Java's client says", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

it("puts every key where kafkajs does", () => {
  const theirs = Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (bytes, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 0,
        replicas: [],
        isr: [],
      }));
      const key = Buffer.from(bytes);
      const message = { key, value: "" };
      expect(partitionOf(key, count)).toBe(theirs({ topic: "t", partitionMetadata, message }));
    }),
  );
});
