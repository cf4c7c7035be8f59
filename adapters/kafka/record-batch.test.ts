import fc from "fast-check";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeRecordBatch from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import { expect, it } from "vitest";
import { crc32c } from "../../schemas/model/crc32c.ts";
import { loadCodec } from "./codecs.ts";
import { encodeRecordBatch, headerFrameBytes, recordFrameBytes } from "./record-batch.ts";
import type { WireRecord } from "./wire.ts";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
/** kafkajs' decoder takes names such as valueOf for what objects inherit. */
const headerName = fc.string({ unit: "grapheme", maxLength: 20 }).map((name) => `h${name}`);
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const aRecord: fc.Arbitrary<WireRecord> = fc
  .record({
    key: fc.option(bytes(70)),
    value: fc.oneof(bytes(100), bytes(20_000)),
    headers: fc.dictionary(headerName, text, { maxKeys: 4 }),
    timestampMs: fc.nat({ max: 4_000_000_000_000 }),
  })
  .map((record) => ({ ...record, bytes: mostBytes(record) }));

/** As the adapter reckons it. */
function mostBytes({ key, value, headers }: Omit<WireRecord, "bytes">): number {
  const headerBytes = Object.entries(headers).map(([name, held]) => headerFrameBytes + 3 * (name.length + held.length));
  return recordFrameBytes + (key?.length ?? 0) + value.length + headerBytes.reduce((sum, size) => sum + size, 0);
}

it.each(["none", "gzip"] as const)("is read by kafkajs as it was written, packed by %s", async (compression) => {
  const codec = await loadCodec(compression);
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRecord, { minLength: 1, maxLength: 20 }),
      fc.nat({ max: 2 ** 31 - 1 }),
      fc.option(fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String), epoch: fc.nat({ max: 32_767 }) })),
      async (records, firstSequence, producer) => {
        const batch = { topic: "t", partition: 0, firstSequence, records };
        const encoded = await encodeRecordBatch(batch, producer ?? undefined, codec);
        const decoded = await decodeRecordBatch(new Decoder(encoded));
        expect(decoded).toMatchObject({
          lastOffsetDelta: records.length - 1,
          producerId: producer?.id ?? "-1",
          producerEpoch: producer?.epoch ?? -1,
          firstSequence: producer === null ? -1 : firstSequence,
          maxTimestamp: String(Math.max(...records.map(({ timestampMs }) => timestampMs))),
        });
        expect(decoded.records.map(plain)).toEqual(records.map(plain));
        expect([encoded.readInt8(16), encoded.readInt32BE(8)]).toEqual([2, encoded.length - 12]);
        expect(encoded.readUInt32BE(17)).toBe(crc32c(encoded, 21));
      },
    ),
  );
});

/** A record of either kind in one form. */
function plain(record: {
  key: Buffer | null;
  value: Buffer;
  headers: object;
  timestampMs?: number;
  timestamp?: string;
}) {
  const headers = Object.entries(record.headers).map(([name, value]) => [name, String(value)]);
  return {
    key: record.key?.toString("hex"),
    value: record.value.toString("hex"),
    headers: headers.sort(),
    timestamp: String(record.timestampMs ?? record.timestamp),
  };
}

it("that cannot be packed rejects", async () => {
  const records = [{ key: null, value: Buffer.from("x"), headers: {}, timestampMs: 0, bytes: 100 }];
  const codec = { number: 1, compress: () => Promise.reject(new Error("no memory")) };
  await expect(
    encodeRecordBatch({ topic: "t", partition: 0, firstSequence: 0, records }, undefined, codec),
  ).rejects.toThrow("no memory");
});
