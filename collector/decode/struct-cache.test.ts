import { create, toBinary } from "@bufbuild/protobuf";
import { StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import { parseStruct } from "./struct.ts";
import { StructCache } from "./struct-cache.ts";

/** Struct bytes with the fields in this order, of any number and name: generated code cannot write a key twice. */
function struct(...fields: (readonly [string, Json | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.map(([key, value]) => part(1, Buffer.concat([part(1, Buffer.from(key)), valuePart(value)]))),
  );
}

function valuePart(value: Json | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return part(2, part(5, value));
  return part(2, Buffer.from(toBinary(ValueSchema, create(ValueSchema, { kind: kindOf(value) }))));
}

function kindOf(value: Json) {
  if (typeof value === "string") return { case: "stringValue", value } as const;
  if (typeof value === "number") return { case: "numberValue", value } as const;
  if (typeof value === "boolean") return { case: "boolValue", value } as const;
  return { case: "nullValue", value: 0 } as const;
}

function part(number: number, bytes: Uint8Array): Buffer {
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}

const parse = (bytes: Buffer) => parseStruct(bytes, 0, bytes.length);

describe("parseStruct", () => {
  it("reads every kind of value", () => {
    const list = Buffer.concat([
      part(1, Buffer.from([8, 0])),
      part(1, part(3, Buffer.from("x"))),
      part(1, Buffer.alloc(0)),
    ]);
    const bytes = Buffer.concat([
      struct(["text", "t"], ["number", 1.5], ["yes", true], ["nothing", null], ["inner", struct(["a", "b"])]),
      part(1, Buffer.concat([part(1, Buffer.from("list")), part(2, part(6, list))])),
    ]);
    expect(parse(bytes)).toEqual({
      text: "t",
      number: 1.5,
      yes: true,
      nothing: null,
      inner: { a: "b" },
      list: [null, "x", null],
    });
  });

  it("takes any key for data", () => {
    const parsed = parse(struct(["__proto__", struct(["polluted", true])], ["constructor", "x"]));
    expect(Object.keys(parsed ?? {})).toEqual(["__proto__", "constructor"]);
    expect(parsed?.polluted).toBeUndefined();
    expect(parse(struct())?.toString).toBeUndefined();
  });

  it("takes 32 structs in one another and refuses more, and lists the same", () => {
    const nested = (levels: number) => {
      let bytes = struct(["end", true]);
      for (let i = 0; i < levels; i++) bytes = struct(["a", bytes]);
      return bytes;
    };
    expect(parse(nested(32))).toBeDefined();
    expect(parse(nested(33))).toBeUndefined();
    let list: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 40; i++) list = part(6, part(1, list));
    expect(parse(part(1, part(2, list)))).toBeUndefined();
  });

  it.each([
    ["is cut off", struct(["a", "bcd"]).subarray(0, -1)],
    ["has a value that is cut off", part(1, part(2, Buffer.from([0x1a, 9])))],
    ["has half a number", part(1, part(2, Buffer.from([0x11, 0])))],
    ["is longer than a mebibyte", Buffer.alloc(1_048_578, Buffer.from([0x0a, 0]))],
  ])("gives nothing for a struct that %s", (_what, bytes) => {
    expect(parse(bytes)).toBeUndefined();
    expect(new StructCache().get(bytes, 0, bytes.length)).toBeUndefined();
  });
});

describe("StructCache", () => {
  const get = (cache: StructCache, bytes: Buffer) => cache.get(bytes, 0, bytes.length);
  const labels = [
    ["app", "reviews"],
    ["version", "v1"],
  ] as const;

  it("gives the same object for the same fields in any order, within too", () => {
    const cache = new StructCache();
    const one = struct(["name", "a"], ["labels", struct(...labels)], ["port", 80]);
    const other = struct(["port", 80], ["name", "a"], ["labels", struct(labels[1], labels[0])]);
    expect(get(cache, one)).toEqual({ name: "a", port: 80, labels: { app: "reviews", version: "v1" } });
    expect(get(cache, other)).toBe(get(cache, one));
  });

  it("tells apart structs that differ in one field, in its place within, or in how often it comes", () => {
    const cache = new StructCache();
    const all = [
      struct(["a", "1"]),
      struct(["a", "2"]),
      struct(["b", "1"]),
      struct(["a", 1]),
      struct(["a", "1"], ["b", "2"]),
      struct(["x", struct(["a", "1"])]),
      struct(["y", struct(["a", "1"])]),
      struct(),
    ];
    const objects = all.map((bytes) => get(cache, bytes));
    expect(objects).toEqual(all.map(parse));
    expect(new Set(objects).size).toBe(all.length);
    expect(all.map((bytes) => get(cache, bytes))).toEqual(objects);
  });

  it("gives what a fresh parse gives, whatever comes before", () => {
    const cache = new StructCache();
    const leaf = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2", 1, true, null));
    const inner = fc.tuple(
      fc.constantFrom("a", "d"),
      fc.array(leaf, { maxLength: 3 }).map((fields) => struct(...fields)),
    );
    const any = fc.array(fc.oneof(leaf, inner), { maxLength: 6 });
    fc.assert(
      fc.property(any, (fields) => {
        const bytes = struct(...fields);
        expect(get(cache, bytes)).toEqual(parse(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it("gives structs of many fields, of much text or of unknown fields anew, as they are", () => {
    const cache = new StructCache();
    const many = struct(...Array.from({ length: 40 }, (_, i) => [`k${i}`, "v"] as const));
    const long = struct(["text", "x".repeat(5000)]);
    const unknown = Buffer.concat([struct(["a", "b"]), Buffer.from([0x18, 1])]);
    for (const bytes of [many, long, unknown]) expect(get(cache, bytes)).toEqual(parse(bytes));
  });

  it("stays right when more structs come than it keeps", () => {
    const cache = new StructCache();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++) {
        const bytes = struct(["id", `${i}`], ["app", `${i % 7}`]);
        expect(get(cache, bytes)).toEqual({ id: `${i}`, app: `${i % 7}` });
      }
    }
  });

  it("reads what generated code writes", () => {
    const bytes = toBinary(
      StructSchema,
      create(StructSchema, { fields: { a: create(ValueSchema, { kind: kindOf("b") }) } }),
    );
    expect(get(new StructCache(), Buffer.from(bytes))).toEqual({ a: "b" });
  });
});
