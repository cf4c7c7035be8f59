import { expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";

it.each([
  ["123456789", 0xe3069283],
  ["", 0],
])("of %j is what its catalogue says", (text, crc) => {
  expect(crc32c(Buffer.from(text))).toBe(crc);
});

it("of 32 zeros, and of 32 bytes counting up, is as in RFC 3720", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

it("of a range is that of its bytes", () => {
  expect(crc32c(Buffer.from("xx123456789yy"), 2, 11)).toBe(0xe3069283);
});
