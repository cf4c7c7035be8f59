import { expect, it } from "vitest";
import type { DecidedRequest, FindDecision } from "../../schemas/model/decision.ts";
import { anHttpEntry, type EntryOverrides } from "../../test/support/access-log-entry.ts";
import { decisionOf } from "./join-decision.ts";

const request = { requestId: "q", requestMethod: "GET", authority: "shop" };
const metadata = {
  "envoy.filters.http.ext_authz": { rule: "staff", revision: "r1", decision_id: "d1", allowed: false },
};
const known = { rule: "known", revision: "r2", code: 8, message: "slow down" };

function join(overrides: EntryOverrides, find: FindDecision = () => undefined) {
  const asked: DecidedRequest[] = [];
  const decision = decisionOf(anHttpEntry(overrides), "/cart", (request) => {
    asked.push(request);
    return find(request);
  });
  return { decision, asked };
}

it("asks for the decision on the request", () => {
  const { decision, asked } = join(request, () => known);
  expect(asked).toEqual([{ id: "q", method: "GET", path: "/cart", host: "shop" }]);
  expect(decision).toBe(known);
});

it("asks by the id that the proxy logs", () => {
  const { decision, asked } = join({ ...request, metadata }, () => known);
  expect(asked).toMatchObject([{ id: "q", decisionId: "d1" }]);
  expect(decision).toBe(known);
});

it.each([
  [false, { rule: "staff", revision: "r1", code: 7 }],
  [true, { rule: "staff", revision: "r1", code: 0 }],
  ["yes", { rule: "staff", revision: "r1" }],
])("believes the proxy where nothing is known, allowed %s", (allowed, expected) => {
  const told = { "envoy.filters.http.ext_authz": { ...metadata["envoy.filters.http.ext_authz"], allowed } };
  expect(join({ ...request, metadata: told }).decision).toEqual(expected);
});

it("does not take another server's metadata for the hub's", () => {
  expect(join({ ...request, metadata: { "envoy.filters.http.ext_authz": { rule: 3 } } }).decision).toBeUndefined();
});
