import { expect, it } from "vitest";
import { createVocabulary, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { createRecentDecisions } from "./recent-decisions.ts";

interface Asked {
  readonly id?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly local?: { readonly ip: string; readonly port: number };
}

const unknown: DecidedRequest = {
  ...{ id: "q", told: undefined, method: undefined, path: undefined, host: undefined },
  ...{ local: undefined, endMs: undefined },
};
const told = (id: string | undefined) => ({ id, rule: "told", revision: "r0" });

function someDecisions(maxRequests = 100) {
  const clock = { nowMs: 1000 };
  const recent = createRecentDecisions({ maxRequests, keepMs: 5000, now: () => clock.nowMs });
  let ids = 0;
  return {
    clock,
    counters: recent.counters,
    note(rule: string, { id, method, path, host, local }: Asked) {
      const verdict: Verdict = {
        ...{ id: `d${++ids}`, allowed: false, denial: { status: 403, code: 7, message: "no" }, rule, revision: "r1" },
        ...{ changes: {}, reasons: [], shadow: undefined, cache: "off", limits: [] },
      };
      const values = new Array<Value | undefined>(createVocabulary().attributes.length).fill(undefined);
      values[slotOf("request.id")] = id;
      values[slotOf("request.method")] = method;
      values[slotOf("request.url_path")] = path;
      values[slotOf("request.host")] = host;
      values[slotOf("destination.ip")] = local?.ip;
      values[slotOf("destination.port")] = local?.port;
      recent.note(verdict, values);
    },
    find: (request: Partial<DecidedRequest>) => recent.find({ ...unknown, ...request })?.rule,
  };
}

it("finds a decision by its request's id", () => {
  const { note, find } = someDecisions();
  note("one", { id: "q" });
  note("other", {});
  expect(find({})).toBe("one");
  expect(find({ id: "p" })).toBeUndefined();
  expect(find({ id: undefined as never })).toBeUndefined();
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
});

it("goes by the decision's id where the proxy tells it, and believes the proxy where it is not known", () => {
  const { note, find } = someDecisions();
  note("edge", { id: "q", method: "GET", path: "/shop" });
  note("inner", { id: "q", method: "GET", path: "/cart" });
  expect(find({ method: "POST", path: "/elsewhere", told: told("d2") })).toBe("inner");
  expect(find({ method: "GET", path: "/cart", told: told("d9") })).toBe("told");
  expect(find({ method: "GET", path: "/cart", told: told(undefined) })).toBe("inner");
  expect(find({ id: "p", told: told("d9") })).toBe("told");
});

const client = { ip: "10.96.0.7", port: 80 };
const server = { ip: "10.1.0.2", port: 8080 };

it("gives both sidecars of a request the decision that one of them asked for", () => {
  const { note, find } = someDecisions();
  note("server's", { id: "q", method: "GET", path: "/cart", host: "cart", local: server });
  const record = { method: "GET", path: "/cart", host: "cart" };
  expect(find({ ...record, local: client })).toBe("server's");
  expect(find({ ...record, local: server })).toBe("server's");
});

it("gives each sidecar its own decision where both asked", () => {
  const { note, find } = someDecisions();
  note("client's", { id: "q", method: "GET", path: "/cart", host: "cart", local: client });
  note("server's", { id: "q", method: "GET", path: "/cart", host: "rewritten", local: server });
  const record = { method: "GET", path: "/cart", host: "cart" };
  expect(find({ ...record, local: client })).toBe("client's");
  expect(find({ ...record, local: server })).toBe("server's");
  expect(find({ ...record, local: { ...server, port: 8081 } })).toBe("client's");
  expect(find({ ...record, host: "rewritten" })).toBe("server's");
});

it("gives each try of a request its own decision, by when it ended", () => {
  const { clock, note, find } = someDecisions();
  for (const rule of ["first", "second", "third"]) {
    clock.nowMs += 100;
    note(rule, { id: "q" });
  }
  const ends = [1050, 1100, 1150, 1250, 1350, undefined];
  const found = ["first", "first", "first", "second", "third", "third"];
  expect(ends.map((endMs) => find({ endMs: endMs as number }))).toEqual(found);
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

it("compares the beginning of long texts", () => {
  const { note, find } = someDecisions();
  const path = `/${"x".repeat(300)}`;
  const id = "i".repeat(300);
  note("long", { id, path });
  expect(find({ id, path: path.slice(0, 256) })).toBe("long");
  expect(find({ id, path: path.slice(0, 255) })).toBeUndefined();
});

it("counts records by where their decision came from", () => {
  const { note, find, counters } = someDecisions();
  find({ told: told("d1") });
  note("a", { id: "q", path: "/a" });
  find({});
  find({});
  find({ path: "/b" });
  find({ path: "/b", told: told("d9") });
  find({ id: "p" });
  expect(counters().records).toEqual({ memory: 2, metadata: 2, mismatch: 1 });
});

it("counts decisions that no record came for, by why", () => {
  const { clock, note, find, counters } = someDecisions(4);
  const none = { expired: 0, full: 0, hops: 0, no_request_id: 0 };
  note("nobody's", {});
  for (let hop = 0; hop <= 9; hop++) note("hop", { id: "many" });
  expect(counters().unjoined).toEqual({ ...none, hops: 2, no_request_id: 1 });
  find({ id: "many" });
  note("b", { id: "b" });
  for (const id of ["c", "d", "many", "e"]) note(id, { id });
  const full = { hops: 3, no_request_id: 1, full: 1 };
  // "b" went when there was no room for "many", whose eight stay.
  expect(counters().unjoined).toEqual({ ...none, ...full });
  clock.nowMs += 5000;
  find({ id: "c" });
  clock.nowMs += 5000;
  find({ id: "c" });
  expect(counters().unjoined).toEqual({ ...none, ...full, expired: 2 + 7 + 1 });
});
