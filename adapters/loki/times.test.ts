import fc from "fast-check";
import { expect, it } from "vitest";
import { aLogEntry, aTime } from "../testing/instances.ts";
import { createTimes } from "./times.ts";

it("gives lines that are alike times of their own", () => {
  const line = fc.record({
    text: fc.constantFrom("a", "b"),
    nanos: fc.constantFrom(0, 1_000_000),
    again: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const timeOf = createTimes();
      const given = lines.map(({ text, nanos, again }) => {
        const entry = aLogEntry("access", { time: { ...aTime, nanos } });
        const time = timeOf(entry, "stream", text);
        if (again) expect(timeOf(entry, "stream", text)).toBe(time);
        expect(Number(BigInt(time) - 1_700_000_000_000_000_000n) - nanos).toBeLessThan(lines.length);
        return `${text} ${time}`;
      });
      expect(new Set(given).size).toBe(lines.length);
    }),
  );
});

it("leaves other lines and streams at their time", () => {
  const timeOf = createTimes();
  const at = (stream: string, line: string) => timeOf(aLogEntry("access"), stream, line);
  expect([at("s", "a"), at("s", "b"), at("t", "a")]).toEqual(Array(3).fill("1700000000000000000"));
});

it("remembers 20,000 lines, those met last", () => {
  const timeOf = createTimes();
  const at = (line: string) => timeOf(aLogEntry("access"), "s", line).slice(-1);
  at("first");
  for (let i = 0; i < 19_999; i++) at(`${i}`);
  expect(at("first")).toBe("1");
  at("one more");
  expect([at("0"), at("first")]).toEqual(["0", "2"]);
});
