import fc from "fast-check";
import { expect, it } from "vitest";
import { toDatagrams } from "./datagrams.ts";

it("holds all lines in order, each datagram as full as can be and none too long", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 40 })),
      fc.integer({ min: 1, max: 100 }),
      (texts, max) => {
        const lines = texts.map((text, i) => ({ text: text.replaceAll("\n", " "), indexes: [i] }));
        const { datagrams, tooLong } = toDatagrams(lines, max);
        const bytes = (text: string) => Buffer.byteLength(text);
        expect(tooLong).toEqual(lines.filter(({ text }) => bytes(text) > max));
        const fitting = lines.filter(({ text }) => bytes(text) <= max);
        expect(datagrams.flatMap(({ text }) => text.split("\n"))).toEqual(fitting.map(({ text }) => text));
        expect(datagrams.flatMap(({ indexes }) => indexes)).toEqual(fitting.flatMap(({ indexes }) => indexes));
        for (const [i, { text }] of datagrams.entries()) {
          expect(bytes(text)).toBeLessThanOrEqual(max);
          const next = datagrams[i + 1]?.text.split("\n")[0];
          if (next !== undefined) expect(bytes(`${text}\n${next}`)).toBeGreaterThan(max);
        }
      },
    ),
  );
});
