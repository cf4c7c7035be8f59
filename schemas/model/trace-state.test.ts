import { expect, it } from "vitest";
import { countAt, passes, readOtState, thresholdOf, withThreshold } from "./trace-state.ts";

it.each([
  ["", undefined, undefined],
  ["congo=t61", undefined, undefined],
  ["ot=th:8", "80000000000000", undefined],
  ["a=1, ot=rv:abcdef01234567;th:0,b=2", "00000000000000", "abcdef01234567"],
  ["ot=th:123456789abcdef", undefined, undefined],
  ["ot=th:G;rv:12", undefined, undefined],
])("reads %s", (text, threshold, randomness) => {
  expect(readOtState(text)).toEqual({ threshold, randomness });
});

it.each([
  ["", "ot=th:c"],
  ["a=1,ot=rv:abcdef01234567;th:8;x:y,b=2", "ot=th:c;rv:abcdef01234567;x:y,a=1,b=2"],
  ["a=1", "ot=th:c,a=1"],
])("writes a threshold into '%s'", (before, after) => {
  expect(withThreshold(before, "c0000000000000")).toBe(after);
});

it("keeps the part of traces that a rate says, and knows how many each stands for", () => {
  for (const rate of [1, 0.5, 0.1, 1e-6]) expect(countAt(thresholdOf(rate)) * rate).toBeCloseTo(1, 6);
  expect(thresholdOf(0.25)).toBe("c0000000000000");
  expect(thresholdOf(Number.MIN_VALUE)).toBe("fffffffffffff8");
  expect(withThreshold("", thresholdOf(1))).toBe("ot=th:0");
});

it("lets a trace pass by its random bits, or by those that it states", () => {
  const at = thresholdOf(0.5);
  const ids = [`${"0".repeat(18)}80000000000000`, `${"f".repeat(18)}7fffffffffffff`];
  expect(ids.map((id) => passes(at, id, readOtState("")))).toEqual([true, false]);
  expect(ids.map((id) => passes(at, id, readOtState("ot=rv:90000000000000")))).toEqual([true, true]);
});
