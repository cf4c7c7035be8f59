import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeItem, encodeItem } from "./codec.ts";

it("keeps relayed spans and metrics byte for byte, whatever they hold", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), text, fc.nat(), (bytes, instance, count) => {
      const relayed = [
        { template: "spans" as const, instance, bytes, spans: count },
        { template: "metrics" as const, instance, bytes, points: count },
      ];
      for (const instance of relayed) {
        const stored = { timeMs: 17, records: count, instance };
        const payload = encodeItem(stored);
        const read = decodeItem(payload);
        payload.fill(0);
        expect(read).toEqual(stored);
      }
    }),
  );
});

it("finds no item in damaged bytes", () => {
  const payload = encodeItem({
    timeMs: 17,
    records: 1,
    instance: { template: "spans", instance: "s", bytes: new Uint8Array(9), spans: 1 },
  });
  expect(decodeItem(payload.subarray(0, 4))).toBeUndefined();
  expect(decodeItem(payload.subarray(0, 20))).toBeUndefined();
  payload.writeUInt32BE(7, 1);
  expect(decodeItem(payload)).toBeUndefined();
});
