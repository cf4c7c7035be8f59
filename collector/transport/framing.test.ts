import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameMessage, MessageReader } from "./framing.ts";

/** All messages that come out of these chunks. */
function read(chunks: readonly Buffer[], maxBytes = 1_000_000): { messages: Buffer[]; reader: MessageReader } {
  const reader = new MessageReader(maxBytes);
  const messages: Buffer[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(Buffer.from(next.bytes));
  }
  return { messages, reader };
}

describe("MessageReader", () => {
  it("puts messages together, however they were cut", () => {
    const message = fc.uint8Array({ maxLength: 200 });
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), cuts, (sent, sizes) => {
        const whole = Buffer.concat(sent.map((bytes) => frameMessage(bytes, false)));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        const { messages, reader } = read(chunks);
        expect(messages.map((bytes) => [...bytes])).toEqual(sent.map((bytes) => [...bytes]));
        expect(reader.partial).toBe(false);
        expect(reader.count).toBe(sent.length);
      }),
    );
  });

  it("does not copy a message that is whole in its chunk", () => {
    const chunk = Buffer.concat([frameMessage(Buffer.from("one"), false), frameMessage(Buffer.from("two"), false)]);
    const reader = new MessageReader(100);
    reader.push(chunk);
    reader.next();
    const second = reader.next()!;
    chunk[chunk.length - 1] = 0x21;
    expect(Buffer.from(second.bytes).toString()).toBe("tw!");
    expect(reader.heldBytes).toBe(0);
  });

  it("takes memory as bytes arrive, not as they are announced", () => {
    const prefix = Buffer.of(0, 0, 0x0f, 0x42, 0x40); // a million
    const { reader } = read([prefix, Buffer.alloc(1000)]);
    expect(reader.partial).toBe(true);
    expect(reader.heldBytes).toBeLessThanOrEqual(2000);
  });

  it("gives memory back after a large message, and between messages when asked", () => {
    const large = frameMessage(Buffer.alloc(500_000), false);
    const { reader } = read([large.subarray(0, 10), large.subarray(10), frameMessage(Buffer.alloc(10), false)]);
    expect(reader.heldBytes).toBe(0);
    const small = frameMessage(Buffer.alloc(100), false);
    const { reader: other } = read([small.subarray(0, 50), small.subarray(50)]);
    expect(other.heldBytes).toBe(100);
    other.shrink();
    expect(other.heldBytes).toBe(0);
  });

  it.each([
    [Buffer.of(2, 0, 0, 0, 0), 13, "message flag 2 is neither 0 nor 1"],
    [Buffer.of(0, 0x05, 0xf5, 0xe1, 0), 8, "a message of 100000000 bytes is larger than the limit of 1000 bytes"],
    [Buffer.of(1, 0, 0, 0x03, 0xe9), 8, "a message of 1001 bytes is larger than the limit of 1000 bytes"],
  ])("refuses the prefix %j", (prefix, status, message) => {
    expect(() => read([prefix], 1000)).toThrow(expect.objectContaining({ status, message }));
  });

  it("keeps bytes that are pushed before the last ones were taken", () => {
    const reader = new MessageReader(100);
    reader.push(Buffer.concat([frameMessage(Buffer.from("a"), false), Buffer.of(0, 0)]));
    reader.next();
    reader.push(Buffer.of(0, 0, 1, 0x62));
    expect(Buffer.from(reader.next()!.bytes).toString()).toBe("b");
  });
});
