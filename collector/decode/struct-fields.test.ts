import fc from "fast-check";
import { expect, it } from "vitest";
import { parseStruct, parseValue } from "./struct.ts";
import { StructFields, textStart } from "./struct-fields.ts";

const names = ["rule", "revision", "allowed", ""];
const value = fc.oneof(
  fc.string(),
  fc.string({ minLength: 120, maxLength: 20_000 }),
  fc.boolean(),
  fc.double({ noNaN: true }),
);
const key = fc.oneof(fc.constantFrom(...names), fc.string(), fc.string({ minLength: 125, maxLength: 130 }));
const members = fc.dictionary(key, value, { noNullPrototype: true });

/** A field of FieldsEntry and the like. */
const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, ...lengthOf(bytes)]), bytes]);
const lengthOf = ({ length }: Uint8Array): number[] =>
  length < 128
    ? [length]
    : length < 16_384
      ? [(length & 127) | 128, length >> 7]
      : [(length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14];

function encode(object: object): Buffer {
  const entries = Object.entries(object).map(([name, json]) => {
    const text = Buffer.from(name);
    return field(1, Buffer.concat([field(1, text), field(2, valueIn(json))]));
  });
  return Buffer.concat(entries);
}

function valueIn(json: unknown): Buffer {
  if (typeof json === "string") return field(3, Buffer.from(json));
  if (typeof json === "boolean") return Buffer.from([32, json ? 1 : 0]);
  const double = Buffer.alloc(9);
  double[0] = 17;
  double.writeDoubleLE(json as number, 1);
  return double;
}

function found(bytes: Buffer, start = 0, end = bytes.length) {
  const fields = new StructFields();
  fields.find(bytes, start, end, names);
  return names.map((_, place) => {
    const to = fields.endOf(place);
    return to === 0 ? undefined : parseValue(bytes, fields.startOf(place), to);
  });
}

it("finds what the whole struct holds, and nothing else", () => {
  fc.assert(
    fc.property(members, fc.nat({ max: 3 }), (object, before) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 10), encode(object), Buffer.from([10, 200])]);
      const whole = parseStruct(bytes, before, bytes.length - 2);
      expect(found(bytes, before, bytes.length - 2)).toEqual(names.map((name) => whole?.[name]));
    }),
  );
});

it("takes entries in any order, with unknown fields, and the last of a name", () => {
  const entry = (...parts: Buffer[]) => field(1, Buffer.concat(parts));
  const text = (value: string) => field(2, valueIn(value));
  const name = field(1, Buffer.from("rule"));
  const unknown = Buffer.from([24, 7]);
  expect(found(Buffer.concat([entry(text("a"), name), unknown]))[0]).toBe("a");
  expect(found(entry(name, unknown, text("b")))[0]).toBe("b");
  expect(found(entry(name, text("b"), name, text("c")))[0]).toBe("c");
  expect(found(Buffer.concat([entry(name, text("b")), entry(name, text("d"))]))[0]).toBe("d");
  expect(found(entry(text("nameless")))).toEqual([undefined, undefined, undefined, "nameless"]);
});

it("finds nothing in what is no struct", () => {
  fc.assert(
    fc.property(members, fc.nat(), (object, cut) => {
      const bytes = encode({ ...object, rule: "r" });
      const end = bytes.length - 1 - (cut % (bytes.length - 1));
      const isWhole = parseStruct(bytes, 0, end) !== undefined;
      const all = found(bytes, 0, end);
      if (!isWhole) expect(all).toEqual(names.map(() => undefined));
    }),
  );
});

it("tells plain text by its bytes", () => {
  for (const length of [0, 1, 127, 128, 300]) {
    const bytes = valueIn("x".repeat(length));
    expect(textStart(bytes, 0, bytes.length)).toBe(length < 128 ? 2 : -1);
  }
  expect(textStart(valueIn(true), 0, 2)).toBe(-1);
});
