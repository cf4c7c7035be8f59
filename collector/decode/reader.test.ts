import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toInt64 } from "../../schemas/model/value.ts";
import { decodeText, ProtoReader } from "./reader.ts";

const read = (...bytes: number[]) => new ProtoReader().reset(Uint8Array.from(bytes), 0, bytes.length);

describe("ProtoReader", () => {
  it("reads numbers as they were written, at their limits too", () => {
    const uint64 = fc.oneof(fc.bigInt(0n, 2n ** 63n - 1n), fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n));
    const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-(2n ** 53n), 2n ** 53n));
    fc.assert(
      fc.property(uint64, int64, fc.integer(), fc.double(), fc.boolean(), (u, i, small, double, bool) => {
        const writer = new BinaryWriter().uint64(u).int64(i).int32(small).double(double).bool(bool);
        const reader = read(...writer.finish());
        expect(reader.uint64()).toBe(toInt64(u));
        expect(reader.int64()).toBe(toInt64(i));
        expect(reader.varint()).toBe(small);
        expect(reader.double()).toBe(double);
        expect(reader.bool()).toBe(bool);
        expect([reader.more, reader.fault]).toEqual([false, undefined]);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives no uint64 from 2^63 on", () => {
    expect(read(...new BinaryWriter().uint64(2n ** 63n).finish()).uint64()).toBeUndefined();
  });

  it("takes a number in more bytes than it needs", () => {
    expect(read(0x81, 0x80, 0x80, 0x00).varint()).toBe(1);
  });

  it.each([
    ["an unfinished varint", [0x80, 0x80], "truncated"],
    ["an eleventh byte", [...new Array<number>(10).fill(0x80), 1], "overlong_varint"],
    ["a 65th bit", [...new Array<number>(9).fill(0x80), 2], "overlong_varint"],
  ])("refuses %s, and gives 0 from then on", (_what, bytes, fault) => {
    const reader = read(...bytes);
    expect(reader.varint()).toBe(0);
    expect(reader.fault).toBe(fault);
    expect([reader.tag(), reader.length(), reader.uint64(), reader.int64(), reader.bool(), reader.double()]).toEqual([
      0,
      0,
      0,
      0,
      false,
      0,
    ]);
    expect([reader.more, reader.fault]).toEqual([false, fault]);
  });

  it.each([
    ["a field of groups", [0x0b], "wire_type"],
    ["a length beyond the end", [0x0a, 2, 0], "truncated"],
    ["half a fixed64", [0x09, 0, 0, 0], "truncated"],
    ["half a fixed32", [0x0d, 0], "truncated"],
    ["field number 0", [0x02], "bad_tag"],
  ])("does not pass over %s", (_what, bytes, fault) => {
    const reader = read(...bytes);
    reader.skip(reader.tag() & 7);
    expect([reader.more, reader.fault]).toEqual([false, fault]);
  });

  it("is confined to a message it enters, and goes on behind it however far that was read", () => {
    const reader = read(0x0a, 2, 8, 1, 0x10, 7);
    reader.tag();
    const outer = reader.enter();
    expect(reader.tag()).toBe(8);
    reader.leave(outer);
    expect([reader.tag(), reader.varint(), reader.fault]).toEqual([16, 7, undefined]);
  });

  it("stops for good when a message within is broken", () => {
    const reader = read(0x0a, 1, 0x80, 0x10, 7);
    reader.tag();
    const outer = reader.enter();
    reader.varint();
    reader.leave(outer);
    expect([reader.more, reader.fault]).toEqual([false, "truncated"]);
  });
});

describe("decodeText", () => {
  it("puts U+FFFD for what is no UTF-8, and keeps a byte order mark", () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0xef, 0xbb, 0xbf, 0x62]);
    expect(decodeText(bytes, 0, bytes.length)).toBe("a\ufffd\ufffd(\ufffd\ufeffb");
    expect(decodeText(Buffer.from([0xef, 0xbb, 0xbf, 0x62]), 0, 4)).toBe("\ufeffb");
  });
});
