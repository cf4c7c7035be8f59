import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFramer } from "./framing.ts";

function read(chunks: readonly (string | Buffer)[], maxBytes = 100) {
  const framer = createFramer(maxBytes);
  const texts: string[] = [];
  let oversized = 0;
  let broken = false;
  for (const chunk of chunks) {
    const frames = framer.read(Buffer.from(chunk));
    texts.push(...frames.messages.map(String));
    oversized += frames.oversized;
    broken ||= frames.broken;
  }
  const held = framer.heldBytes;
  texts.push(...framer.end().map(String));
  return { texts, oversized, held, broken };
}

describe("messages of a stream", () => {
  it.each([
    [["<1>a\n<2>b\r\n"], ["<1>a", "<2>b\r"]],
    [["5 <1>ab4 <2>c"], ["<1>ab", "<2>c"]],
    [["5 <1>ab\n<2>c\n6 <3>d\ne"], ["<1>ab", "<2>c", "<3>d\ne"]],
    [["{}\n\n\0{}\n"], ["{}", "{}"]],
    [
      ["1", "0 <1>", "abcdefg", "<2>b"],
      ["<1>abcdefg", "<2>b"],
    ],
    [["<1>no end"], ["<1>no end"]],
    [["12 cut"], []],
  ])("%j", (chunks, texts) => {
    expect(read(chunks).texts).toEqual(texts);
  });

  it("that are too large are passed over, and nothing of them is kept", () => {
    const large = `<1>${"x".repeat(20)}`;
    expect(read([`<1>a\n${large}\n<2>b\n`], 10)).toEqual({
      texts: ["<1>a", "<2>b"],
      oversized: 1,
      held: 0,
      broken: false,
    });
    expect(read([`23 ${large}`, "4 <2>b"], 10)).toEqual({ texts: ["<2>b"], oversized: 1, held: 0, broken: false });
    expect(read(["<1>", ..."x".repeat(50)], 10)).toEqual({ texts: [], oversized: 1, held: 0, broken: false });
  });

  it.each([
    ["0 x", true],
    ["12x", true],
    ["123456789 x", true],
    ["9", false],
  ])("a count must be one: %j", (text, broken) => {
    expect(read([`<1>before\n${text}`])).toMatchObject({ texts: ["<1>before"], broken });
  });
});

it("are the same however the stream is cut", () => {
  const message = fc.string({ unit: fc.constantFrom(..."<>1 ab{}"), maxLength: 30 }).map((text) => `<${text}`);
  const framed = fc.tuple(message, fc.boolean());
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.array(framed, { maxLength: 8 }), cuts, (messages, cuts) => {
      const stream = messages.map(([text, counted]) => (counted ? `${text.length} ${text}` : `${text}\n`)).join("");
      const chunks: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const length = cuts[turn % cuts.length] as number;
        chunks.push(stream.slice(at, at + length));
        at += length;
      }
      const small = messages.filter(([text]) => text.length <= 20);
      const expected = {
        texts: small.map(([text]) => text),
        oversized: messages.length - small.length,
        held: 0,
        broken: false,
      };
      expect(read(chunks, 20)).toEqual(expected);
      expect(read([stream], 20)).toEqual(expected);
    }),
  );
});

it("no bytes do anything else", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (chunks) => {
      const { held } = read(
        chunks.map((chunk) => Buffer.from(chunk)),
        20,
      );
      expect(held).toBeLessThanOrEqual(20);
    }),
  );
});
