import { expect, it } from "vitest";
import type { FindDecision } from "../../schemas/model/decision.ts";
import type { TextHasher } from "../../schemas/model/text-hasher.ts";
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

/** The text that is given to be hashed; undefined if none is. */
function hashedBy(give: (hash: TextHasher) => boolean): string | undefined {
  let given = "";
  const hash = {
    bytes() {},
    text(text: string) {
      given = text;
    },
  };
  return give(hash) ? given : undefined;
}

/** What an entry tells of its request. */
function requestOf(overrides: EntryOverrides) {
  let asked: object = {};
  join(overrides, (request) => {
    const [id, toldId] = [hashedBy((hash) => request.hashId(hash)), hashedBy((hash) => request.hashToldId(hash))];
    const { told, method, path, host, local, endMs } = request;
    asked = { id, toldId, told, method, path, host, local, endMs };
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
    ...{ id: "q", toldId: undefined, told: undefined, method: "GET", path: "/cart", host: "shop" },
    ...{ local: { ip: "10.0.0.1", port: 8080 }, endMs: 100_750 },
  });
  expect(join(request, () => known)).toBe(known);
  expect(join(request, () => undefined)).toBeUndefined();
});

it("goes by the stream's id where the request has none", () => {
  expect(requestOf({ streamId: "s" })).toMatchObject({ id: "s" });
});

it.each([
  [false, { rule: "staff", revision: "r1", code: 7 }],
  [true, { rule: "staff", revision: "r1", code: 0 }],
  ["yes", { rule: "staff", revision: "r1" }],
])("says what the proxy was told, allowed %s", (allowed, expected) => {
  const told = { "envoy.filters.http.ext_authz": { ...metadata["envoy.filters.http.ext_authz"], allowed } };
  expect(requestOf({ ...request, metadata: told })).toMatchObject({ toldId: "d1", told: expected });
});

it("does not take another server's metadata for the hub's", () => {
  const metadata = { "envoy.filters.http.ext_authz": { rule: 3 } };
  expect(requestOf({ ...request, metadata })).toMatchObject({ toldId: undefined, told: undefined });
});

it("leaves what the proxy refused without an answer to the proxy", () => {
  const refused = { ...request, responseFlags: "UAEX" };
  expect(join({ ...refused, responseCodeDetails: "ext_authz_error" }, () => known)).toBeUndefined();
  expect(join({ ...refused, responseCodeDetails: "ext_authz_denied" }, () => known)).toBe(known);
});
