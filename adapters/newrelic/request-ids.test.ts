import { expect, it } from "vitest";
import { createRequestIds } from "./request-ids.ts";

const [a, b, c] = [{}, {}, {}];

it("keeps the id of a request that is sent again", () => {
  const idOf = createRequestIds();
  const first = idOf([a, b, c]);
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(idOf([b])).not.toBe(first);
  expect(idOf([a, b, c])).toBe(first);
});

it.each([
  ["a half", [a]],
  ["what is left without some in the middle", [a, c]],
  ["another that begins the same", [a, c, b]],
])("gives %s an id of its own", (_, instances) => {
  const idOf = createRequestIds();
  const first = idOf([a, b, c]);
  expect(idOf(instances)).not.toBe(first);
});
