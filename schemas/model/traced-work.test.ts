import { expect, it } from "vitest";
import { type TracedWork, within } from "./traced-work.ts";

function setUp() {
  const ends: unknown[][] = [];
  const work: TracedWork = { start: () => work, end: (...end) => void ends.push(end) };
  return { ends, work };
}

const outcomeOf = (result: number) => ({ facts: { result }, error: result < 0 ? "negative" : undefined });

it.each([
  ["at once", (value: number) => value],
  ["later", async (value: number) => value],
])("ends work when what is done %s ends, and passes its result on", async (_, act) => {
  const { ends, work } = setUp();
  expect(await within(work, () => act(7), outcomeOf)).toBe(7);
  expect(await within(work, () => act(-7), outcomeOf)).toBe(-7);
  expect(ends).toEqual([
    [{ result: 7 }, undefined],
    [{ result: -7 }, "negative"],
  ]);
});

it.each([
  ["throws", () => fail()],
  ["rejects", async () => fail()],
])("ends work as failed when what is done %s, and passes that on", async (_, act) => {
  const { ends, work } = setUp();
  await expect(async () => within<number>(work, act, outcomeOf)).rejects.toThrow("no");
  expect(ends).toEqual([[{}, "TypeError"]]);
});

function fail(): never {
  throw new TypeError("no");
}
