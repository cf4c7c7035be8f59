import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteWriter, wire } from "./byte-writer.ts";

/** One thing written into a message, with both writers. */
interface Step {
  readonly mine: (writer: ByteWriter) => unknown;
  readonly reference: (writer: BinaryWriter) => unknown;
}

const field = fc.integer({ min: 1, max: 3000 });
const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("é".repeat(64), "a".repeat(127), "a".repeat(128), "日本".repeat(9000)),
);
const unsigned = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 35));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** A step of a field and a value. */
const step = <T>(values: fc.Arbitrary<T>, mine: Write<ByteWriter, T>, reference: Write<BinaryWriter, T>) =>
  fc.tuple(field, values).map(
    ([no, value]): Step => ({
      mine: (writer) => mine(writer, no, value),
      reference: (writer) => reference(writer, no, value),
    }),
  );

type Write<W, T> = (writer: W, no: number, value: T) => unknown;

const scalar = fc.oneof(
  step(
    text,
    (writer, no, value) => writer.text(no, value),
    (writer, no, value) => writer.tag(no, wire.bytes).string(value),
  ),
  step(
    unsigned,
    (writer, no, value) => [writer.tag(no, wire.varint), writer.varint(value)],
    (writer, no, value) => writer.tag(no, wire.varint).uint64(value),
  ),
  step(
    int64,
    (writer, no, value) => [writer.tag(no, wire.varint), writer.int64(value)],
    (writer, no, value) => writer.tag(no, wire.varint).int64(value),
  ),
  step(
    fc.double(),
    (writer, no, value) => [writer.tag(no, wire.fixed64), writer.double(value)],
    (writer, no, value) => writer.tag(no, wire.fixed64).double(value),
  ),
  step(
    fc.uint8Array({ maxLength: 40 }),
    (writer, no, value) => writer.bytes(no, value),
    (writer, no, value) => writer.tag(no, wire.bytes).bytes(value),
  ),
  step(
    fc.uint8Array({ maxLength: 40 }),
    (writer, no, value) => writer.hex(no, Buffer.from(value).toString("hex")),
    (writer, no, value) => writer.tag(no, wire.bytes).bytes(value),
  ),
);

const { steps } = fc.letrec<{ steps: Step[]; step: Step; message: Step }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 12 }),
  step: fc.oneof({ maxDepth: 4 }, scalar, tie("message")),
  message: fc.tuple(field, tie("steps")).map(([no, inner]) => ({
    mine(writer) {
      const start = writer.begin(no);
      for (const step of inner) step.mine(writer);
      writer.end(start);
    },
    reference(writer) {
      writer.tag(no, wire.bytes).fork();
      for (const step of inner) step.reference(writer);
      writer.join();
    },
  })),
}));

it("writes what generated code writes, message in message", () => {
  const mine = new ByteWriter();
  fc.assert(
    fc.property(steps, (all) => {
      mine.reset();
      const reference = new BinaryWriter();
      for (const step of all) {
        step.mine(mine);
        step.reference(reference);
      }
      expect(Buffer.from(mine.toBytes()).equals(reference.finish())).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it("gives bytes that later writing leaves alone", () => {
  const writer = new ByteWriter();
  writer.text(1, "first");
  const bytes = writer.toBytes();
  writer.reset().text(1, "other");
  expect(Buffer.from(bytes).toString()).toContain("first");
});

it("writes a lone surrogate as U+FFFD, short and long", () => {
  const writer = new ByteWriter();
  writer.text(1, "\ud800");
  writer.text(1, `\ud800${"a".repeat(100)}`);
  expect(Buffer.from(writer.toBytes()).toString("utf8")).toBe(`\n\u0003\ufffd\ng\ufffd${"a".repeat(100)}`);
});
