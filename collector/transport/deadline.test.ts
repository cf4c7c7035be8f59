import { describe, expect, it } from "vitest";
import { parseTimeout } from "./deadline.ts";

describe("parseTimeout", () => {
  it.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["200m", 200],
    ["1500u", 1.5],
    ["1n", 1e-6],
    ["0S", 0],
    ["00000001S", 1000],
    ["600000m", 600_000],
    ["99999999H", 99_999_999 * 3_600_000],
  ])("reads %s", (text, milliseconds) => {
    expect(parseTimeout(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each(["", "1", "S", "123456789S", "-1S", "+1S", "1.5S", "1s", "1h", " 1S", "1S ", "1S, 1S", "1S\n"])(
    "refuses %j",
    (text) => {
      expect(parseTimeout(text)).toBeUndefined();
    },
  );
});
