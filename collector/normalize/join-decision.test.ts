import { expect, it } from "vitest";
import type { DecidedRequest, FindDecision } from "../../schemas/model/decision.ts";
import { anHttpEntry, type EntryOverrides } from "../../test/support/access-log-entry.ts";
import { LoggedRequest } from "./join-decision.ts";

const request = { requestId: "q", requestMethod: "GET", authority: "shop" };
const metadata = {
  "envoy.filters.http.ext_authz": { rule: "staff", revision: "r1", decision_id: "d1", allowed: false },
};
const known = { rule: "known", revision: "r2", code: 8, message: "slow down" };

function join(overrides: EntryOverrides, find: FindDecision) {
  return new LoggedRequest({ entry: anHttpEntry(overrides), urlPath: "/cart" }).decision(find);
}

/** What an entry tells of its request. */
function requestOf(overrides: EntryOverrides) {
  let asked: Partial<DecidedRequest> = {};
  join(overrides, ({ id, told, method, path, host, local, endMs }) => {
    asked = { id, told, method, path, host, local, endMs } as DecidedRequest;
    return undefined;
  });
  return asked;
}

it("asks for the decision on the request", () => {
  const more = {
    downstreamLocalAddress: { ip: "10.0.0.1", port: 8080 },
    startTime: { seconds: 100, nanos: 500_000_000 },
    duration: 250_000_000,
  };
  expect(requestOf({ ...request, ...more })).toEqual({
    ...{ id: "q", told: undefined, method: "GET", path: "/cart", host: "shop" },
    ...{ local: { ip: "10.0.0.1", port: 8080 }, endMs: 100_750 },
  });
  expect(join(request, () => known)).toBe(known);
  expect(join(request, () => undefined)).toBeUndefined();
});

it("goes by the stream's id where the request has none", () => {
  expect(requestOf({ streamId: "s" }).id).toBe("s");
});

it.each([
  [false, { id: "d1", rule: "staff", revision: "r1", code: 7 }],
  [true, { id: "d1", rule: "staff", revision: "r1", code: 0 }],
  ["yes", { id: "d1", rule: "staff", revision: "r1" }],
])("says what the proxy was told, allowed %s", (allowed, expected) => {
  const told = { "envoy.filters.http.ext_authz": { ...metadata["envoy.filters.http.ext_authz"], allowed } };
  expect(requestOf({ ...request, metadata: told }).told).toEqual(expected);
});

it("does not take another server's metadata for the hub's", () => {
  expect(requestOf({ ...request, metadata: { "envoy.filters.http.ext_authz": { rule: 3 } } }).told).toBeUndefined();
});

it("leaves what the proxy refused without an answer to the proxy", () => {
  expect(join({ ...request, responseCodeDetails: "ext_authz_error" }, () => known)).toBeUndefined();
  expect(join({ ...request, responseCodeDetails: "ext_authz_denied" }, () => known)).toBe(known);
});
