import { expect, it } from "vitest";
import { Budget } from "./budget.ts";

const spend = (budget: Budget, times: number, nowMs: number) =>
  Array.from({ length: times }, () => budget.spend(nowMs)).filter((left) => left).length;

it("allows a burst, and more with time", () => {
  const budget = new Budget(10, 2, 0);
  expect(spend(budget, 20, 0)).toBe(10);
  expect(spend(budget, 20, 500)).toBe(1);
  expect(spend(budget, 20, 3000)).toBe(5);
});

it("never holds more than the burst", () => {
  const budget = new Budget(10, 2, 0);
  expect(spend(budget, 20, 1e9)).toBe(10);
  budget.refund();
  expect(spend(budget, 5, 1e9)).toBe(1);
  for (let at = 0; at < 50; at++) budget.refund();
  expect(spend(budget, 50, 1e9)).toBe(10);
  budget.reset();
  expect(spend(budget, 50, 1e9)).toBe(10);
});
