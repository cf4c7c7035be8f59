import { expect, it } from "vitest";
import { createVocabulary, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest } from "../../../schemas/model/decision.ts";
import type { TextHasher } from "../../../schemas/model/text-hasher.ts";
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

const unknown = {
  ...{ told: undefined, method: undefined, path: undefined, host: undefined },
  ...{ local: undefined, endMs: undefined },
};

interface Told extends Partial<DecidedRequest> {
  readonly id?: string | null;
  readonly toldId?: string;
}

const hashed = (text: string | undefined) => (hash: TextHasher) => {
  if (text !== undefined) hash.text(text);
  return text !== undefined;
};
const told = { rule: "told", revision: "r0" };

function someDecisions(maxDecisions = 100) {
  const clock = { nowMs: 1000 };
  const recent = createRecentDecisions({ maxDecisions, keepMs: 5000, now: () => clock.nowMs, seeds: [1, 2] });
  let ids = 0;
  return {
    clock,
    counters: recent.counters,
    note(rule: string, { id, method, path, host, local }: Asked, message = "no") {
      const verdict: Verdict = {
        ...{ id: `d${++ids}`, allowed: false, denial: { status: 403, code: 7, message }, rule, revision: "r1" },
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
    find({ id = "q", toldId, ...told }: Told) {
      const request = { ...unknown, ...told, hashId: hashed(id ?? undefined), hashToldId: hashed(toldId) };
      return recent.find(request)?.rule;
    },
    messageOf: (id: string) => recent.find({ ...unknown, hashId: hashed(id), hashToldId: hashed(undefined) })?.message,
  };
}

it("finds a decision by its request's id", () => {
  const { note, find } = someDecisions();
  note("one", { id: "q" });
  note("other", {});
  expect(find({ id: "q" })).toBe("one");
  expect(find({ id: "p" })).toBeUndefined();
  expect(find({ id: null })).toBeUndefined();
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
  expect(find({ method: "POST", path: "/elsewhere", toldId: "d2", told })).toBe("inner");
  expect(find({ method: "GET", path: "/cart", toldId: "d9", told })).toBe("told");
  expect(find({ method: "GET", path: "/cart", told })).toBe("inner");
  expect(find({ id: "p", toldId: "d9", told })).toBe("told");
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

it("forgets the older half where there are too many", () => {
  const { note, find } = someDecisions(4);
  for (const id of ["a", "b", "c", "d"]) note(id, { id });
  expect(["a", "b", "c", "d"].map((id) => find({ id }))).toEqual(["a", "b", "c", "d"]);
  note("e", { id: "e" });
  expect(["a", "b", "c", "d", "e"].map((id) => find({ id }))).toEqual([undefined, undefined, "c", "d", "e"]);
});

it("keeps a decision for its time, and forgets it before it is twice as old", () => {
  const { clock, note, find } = someDecisions();
  note("a", { id: "a" });
  clock.nowMs += 5000;
  note("b", { id: "b" });
  clock.nowMs += 4999;
  note("c", { id: "c" });
  expect([find({ id: "a" }), find({ id: "b" })]).toEqual(["a", "b"]);
  clock.nowMs += 1;
  note("d", { id: "d" });
  expect([find({ id: "a" }), find({ id: "b" }), find({ id: "c" })]).toEqual([undefined, "b", "c"]);
});

it("forgets where nothing is decided any more, too", () => {
  const { clock, note, find } = someDecisions();
  note("a", { id: "a" });
  for (const _ of [1, 2]) {
    clock.nowMs += 5000;
    for (let others = 0; others < 256; others++) find({ id: `${others}` });
  }
  expect(find({ id: "a" })).toBeUndefined();
});

it("keeps what a rule says to each, and no more than the beginning of a long message", () => {
  const { note, messageOf } = someDecisions();
  const messages = ["one", "two", "one", "x".repeat(1000)];
  for (const [place, message] of messages.entries()) note("r", { id: "abcd"[place] as string }, message);
  expect(["a", "b", "c", "d"].map((id) => messageOf(id))).toEqual(["one", "two", "one", "x".repeat(512)]);
});

it("keeps very many apart", () => {
  const { note, find } = someDecisions(40_000);
  for (let n = 0; n < 20_000; n++) note(`rule ${n % 7}`, { id: `r-${n}`, path: `/${n}` });
  for (let n = 0; n < 20_000; n += 13) {
    expect(find({ id: `r-${n}`, path: `/${n}` })).toBe(`rule ${n % 7}`);
    expect(find({ id: `r-${n}`, path: `/${n + 1}` })).toBeUndefined();
    expect(find({ id: `s-${n}` })).toBeUndefined();
  }
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
  find({ toldId: "d1", told });
  note("a", { id: "q", path: "/a" });
  find({ id: "q" });
  find({ id: "q" });
  find({ path: "/b" });
  find({ path: "/b", toldId: "d9", told });
  find({ id: "p" });
  expect(counters().records).toEqual({ memory: 2, metadata: 2, mismatch: 1 });
});

it("counts decisions that no record came for, by why", () => {
  const { clock, note, find, counters } = someDecisions(40);
  const none = { expired: 0, full: 0, hops: 0, no_request_id: 0 };
  note("nobody's", {});
  for (let hop = 0; hop <= 9; hop++) note("hop", { id: "many" });
  expect(counters().unjoined).toEqual({ ...none, hops: 2, no_request_id: 1 });
  find({ id: "many" });
  find({ id: "many" });
  for (let n = 0; n < 31; n++) note("other", { id: `${n}` });
  const full = { hops: 2, no_request_id: 1, full: 7 + 10 };
  expect(counters().unjoined).toEqual({ ...none, ...full });
  clock.nowMs += 5000;
  note("late", { id: "late" });
  expect(counters().unjoined).toEqual({ ...none, ...full, expired: 20 });
});
