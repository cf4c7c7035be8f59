import { expect, it } from "vitest";
import { createHeapKeeper } from "./thrifty-heap.ts";

const long = 100_000_000;

function createKept() {
  const flags: string[] = [];
  return { flags, keep: createHeapKeeper((flag) => flags.push(flag)) };
}

it("keeps the heap small from when a log is long until nothing of it is left to read", () => {
  const { flags, keep } = createKept();
  const log = {};
  keep(log, 1_000_000, 10);
  expect(flags).toEqual([]);
  keep(log, long, 1000);
  keep(log, 1_000_000, 10);
  expect(flags).toEqual(["--heap-growing-percent=40"]);
  keep(log, 0, 0);
  keep(log, 0, 0);
  expect(flags).toEqual(["--heap-growing-percent=40", "--heap-growing-percent=0"]);
});

it("keeps it so while any log is long", () => {
  const { flags, keep } = createKept();
  const [one, another] = [{}, {}];
  keep(one, long, 1);
  keep(another, long, 1);
  keep(one, long, 0);
  expect(flags).toEqual(["--heap-growing-percent=40"]);
  keep(another, long, 0);
  expect(flags).toHaveLength(2);
});
