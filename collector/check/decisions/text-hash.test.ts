import fc from "fast-check";
import { expect, it } from "vitest";
import { TextHash } from "./text-hash.ts";

const hash = new TextHash([17, 4]);

function ofText(text: string) {
  hash.text(text);
  return [hash.first, hash.second];
}

function ofBytes(text: string) {
  const bytes = Buffer.from(`..${text}..`);
  hash.bytes(bytes, 2, bytes.length - 2);
  return [hash.first, hash.second];
}

it("is the same for a text and its bytes", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.string({ minLength: 250, maxLength: 300 }));
  fc.assert(
    fc.property(text, (text) => {
      expect(ofBytes(text)).toEqual(ofText(text.toWellFormed()));
    }),
  );
});

it("tells texts apart, also by their length", () => {
  const texts = ["", "a", "b", "ab", "ba", "abcd", "abcde", "abcd\0", "abcd\0\0", "\0", "\0\0"];
  const ids = Array.from({ length: 10_000 }, (_, n) => `5f2c9d1e-8a7b-4c3d-9e0f-${n.toString(16).padStart(12, "0")}`);
  const all = [...texts, ...ids];
  expect(new Set(all.map((text) => ofText(text).join())).size).toBe(all.length);
  expect(new Set(ids.map((id) => hash.short(id))).size).toBeGreaterThan(ids.length - 3);
});

it("is another with other seeds, and 0 for no text only", () => {
  const other = new TextHash([17, 5]);
  other.text("a");
  expect([other.first, other.second]).not.toEqual(ofText("a"));
  expect([hash.short(undefined), hash.short("") === 0]).toEqual([0, false]);
});

it("goes by the beginning of long texts", () => {
  const long = "x".repeat(256);
  expect(ofText(`${long}y`)).toEqual(ofText(long));
  expect(hash.short(`${long}y`)).toBe(hash.short(long));
});

it("takes ids for the same in which proxies noted differently why they trace", () => {
  const [plain, sampled] = ["5f2c9d1e-8a7b-4c3d-9e0f-0123456789ab", "5f2c9d1e-8a7b-9c3d-9e0f-0123456789ab"];
  expect([ofText(sampled), ofBytes(sampled)]).toEqual([ofText(plain), ofText(plain)]);
  const others = [13, 15].map((place) => `${plain.slice(0, place)}x${plain.slice(place + 1)}`);
  for (const other of [...others, `${sampled}0`, sampled.replaceAll("-", "_")])
    expect(ofText(other)).not.toEqual(ofText(plain));
});
