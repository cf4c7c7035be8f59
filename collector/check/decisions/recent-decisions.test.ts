import { expect, it } from "vitest";
import { createVocabulary, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { createRecentDecisions } from "./recent-decisions.ts";

function someDecisions(maxRequests = 100) {
  const clock = { nowMs: 1000 };
  const recent = createRecentDecisions({ maxRequests, keepMs: 5000, now: () => clock.nowMs });
  let ids = 0;
  return {
    clock,
    note(rule: string, request: { id?: string; method?: string; path?: string; host?: string }) {
      const verdict: Verdict = {
        ...{ id: `d${++ids}`, allowed: false, denial: { status: 403, code: 7, message: "no" }, rule, revision: "r1" },
        ...{ changes: {}, reasons: [], shadow: undefined, cache: "off", limits: [] },
      };
      const values = new Array<Value | undefined>(createVocabulary().attributes.length).fill(undefined);
      values[slotOf("request.id")] = request.id;
      values[slotOf("request.method")] = request.method;
      values[slotOf("request.url_path")] = request.path;
      values[slotOf("request.host")] = request.host;
      recent.note(verdict, values);
    },
    find: (request: Partial<DecidedRequest>) =>
      recent.find({ id: "q", method: undefined, path: undefined, host: undefined, ...request })?.rule,
  };
}

it("finds a decision by its request's id", () => {
  const { note, find } = someDecisions();
  note("one", { id: "q" });
  note("other", {});
  expect(find({})).toBe("one");
  expect(find({ id: "p" })).toBeUndefined();
});

it("tells the hops of a request apart", () => {
  const { note, find } = someDecisions();
  note("edge", { id: "q", method: "GET", path: "/shop", host: "shop" });
  note("inner", { id: "q", method: "GET", path: "/cart", host: "cart" });
  note("copy", { id: "q", method: "GET", path: "/cart", host: "copy" });
  expect(find({ method: "GET", path: "/shop", host: "rewritten" })).toBe("edge");
  expect(find({ method: "GET", path: "/cart", host: "cart" })).toBe("inner");
  expect(find({ method: "GET", path: "/cart", host: "new" })).toBe("copy");
  expect(find({ method: "POST", path: "/cart", host: "cart" })).toBeUndefined();
  expect(find({ method: "POST", path: "/elsewhere", decisionId: "d2" })).toBe("inner");
  expect(find({ method: "GET", path: "/cart", decisionId: "d9" })).toBeUndefined();
});

it("forgets after a time, and the oldest where there are too many", () => {
  const { clock, note, find } = someDecisions(2);
  note("a", { id: "a" });
  note("b", { id: "b" });
  note("c", { id: "c" });
  expect([find({ id: "a" }), find({ id: "b" }), find({ id: "c" })]).toEqual([undefined, "b", "c"]);
  clock.nowMs += 4999;
  expect(find({ id: "c" })).toBe("c");
  clock.nowMs += 1;
  expect(find({ id: "c" })).toBeUndefined();
});

it("keeps the latest of very many hops", () => {
  const { note, find } = someDecisions();
  for (let hop = 1; hop <= 9; hop++) note(`hop ${hop}`, { id: "q", path: `/${hop}` });
  expect([find({ path: "/1" }), find({ path: "/2" }), find({ path: "/9" })]).toEqual([undefined, "hop 2", "hop 9"]);
});
