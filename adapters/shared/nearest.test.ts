import { expect, it } from "vitest";
import { nearestName } from "./nearest.ts";

it.each([
  ["request", ["duration", "requests"], "requests"],
  ["Requests", ["requests"], "requests"],
  ["durtaion", ["duration", "requests"], "duration"],
  ["bytes", ["duration", "requests"], undefined],
  ["a", [], undefined],
])("finds for %s among %j %s", (name, candidates, nearest) => {
  expect(nearestName(name, candidates)).toBe(nearest);
});
