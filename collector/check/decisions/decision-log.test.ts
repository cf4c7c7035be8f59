import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createVocabulary, slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { Decision } from "../../../schemas/model/decision.ts";
import { AttributeRecord } from "../../../schemas/model/record.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { type DecisionLog, type DecisionSettings, openDecisionLog } from "./decision-log.ts";
import type { DecisionAnswer, ListQuery, SumQuery } from "./messages.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const everything = { sampleAllowed: 1, retentionMs: 3_600_000, maxRows: 1000 };
const denial = { status: 429, code: 8, message: "slow down" };

let folder: string;
let directory: string;
let nowMs: number;
let ids: number;
let log: DecisionLog;
let warnings: object[];

const open = (settings: Partial<DecisionSettings> = {}, random = () => 0.5) =>
  openDecisionLog({
    settings: { ...everything, ...settings },
    directory,
    log: { warn: (fields) => warnings.push(fields) },
    now: () => nowMs,
    random,
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mixdown-decisions-"));
  directory = join(folder, "data");
  nowMs = start;
  ids = 0;
  warnings = [];
  log = open();
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

function note(over: Partial<Verdict> = {}, path = "/a"): void {
  const verdict: Verdict = {
    ...{ id: `d${++ids}`, allowed: true, denial: undefined, rule: "staff", revision: "r1", changes: {} },
    ...{ reasons: [{ rule: "staff", outcome: "pass", shadow: false }], shadow: undefined, cache: "miss", limits: [] },
    ...over,
  };
  const record = new AttributeRecord(createVocabulary().attributes.length);
  record.values[slotOf("request.method")] = "GET";
  record.values[slotOf("request.url_path")] = path;
  record.values[slotOf("request.headers")] = new Map([["authorization", "Bearer secret"]]);
  record.values[slotOf("destination.port")] = 8080;
  log.record(verdict, () => record, 0.25);
}

function given<T>(answer: DecisionAnswer<T>): T {
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value;
}

const list = async (query: Partial<ListQuery> = {}) =>
  given(await log.list({ from: 0, to: nowMs + 1, limit: 100, ...query }));
const sum = async (query: Partial<SumQuery> = {}) =>
  given(await log.sum({ from: 0, to: nowMs + 1, by: ["rule"], limit: 100, ...query })).groups;
const idsOf = (decisions: readonly Decision[]) => decisions.map(({ id }) => id);

it("keeps what was decided and who called what, without headers", async () => {
  note({ allowed: false, denial, rule: "budget", cache: "off" });
  expect((await list()).decisions).toEqual([
    {
      ...{ id: "d1", timeMs: start, rule: "budget", revision: "r1", allowed: false, code: 8, status: 429 },
      ...{ message: "slow down", cache: "off", durationMs: 0.25, limits: [] },
      reasons: [{ rule: "staff", outcome: "pass", shadow: false }],
      attributes: { "request.method": "GET", "request.url_path": "/a", "destination.port": 8080 },
    },
  ]);
});

it("lists the newest first, a page at a time", async () => {
  for (let count = 0; count < 5; count++) note();
  const first = await list({ limit: 2 });
  expect(idsOf(first.decisions)).toEqual(["d5", "d4"]);
  const second = await list({ limit: 2, cursor: first.cursor });
  expect(idsOf(second.decisions)).toEqual(["d3", "d2"]);
  const third = await list({ limit: 2, cursor: second.cursor });
  expect([idsOf(third.decisions), third.cursor]).toEqual([["d1"], undefined]);
});

it("finds what `where` is true of, in the range", async () => {
  note({}, "/a");
  nowMs += 1000;
  note({}, "/b");
  note({ allowed: false, denial, shadow: { rule: "strict", allowed: false } }, "/b");
  expect(idsOf((await list({ where: 'request.url_path == "/b"' })).decisions)).toEqual(["d3", "d2"]);
  expect(idsOf((await list({ where: "check.error_code == 8" })).decisions)).toEqual(["d3"]);
  expect(idsOf((await list({ where: 'check.verdict == "deny"' })).decisions)).toEqual(["d3"]);
  expect(idsOf((await list({ where: 'check.shadow == "deny"' })).decisions)).toEqual(["d3"]);
  expect(idsOf((await list({ to: start + 1 })).decisions)).toEqual(["d1"]);
  expect(idsOf((await list({ from: start + 1 })).decisions)).toEqual(["d3", "d2"]);
});

it.each([
  ["request.url_path ==", /line 1, column \d+/],
  ["request.size > 3", /request.size is not kept of decisions/],
  ['"text"', /BOOL/],
])("says what is wrong with %s", async (where, message) => {
  const answer = await log.list({ from: 0, to: nowMs, limit: 1, where });
  expect(answer).toMatchObject({ ok: false, kind: "invalid", problem: { parameter: "where" } });
  expect(!answer.ok && answer.problem.message).toMatch(message);
});

it("sums up by rule, verdict and the like", async () => {
  note({ cache: "hit" });
  note({ shadow: { rule: "strict", allowed: false } });
  note({ allowed: false, denial, reasons: [{ rule: "staff", outcome: "error", shadow: false, detail: "gone" }] });
  note({ rule: "other" });
  expect(await sum()).toEqual([
    {
      labels: { rule: "staff" },
      ...{ decisions: 3, allowed: 2, denied: 1, shadowDenied: 1, errors: 1, cacheHits: 1 },
      durationMs: { mean: 0.25, max: 0.25 },
    },
    expect.objectContaining({ labels: { rule: "other" }, decisions: 1 }),
  ]);
  expect((await sum({ by: ["verdict", "shadow"] })).map(({ labels, decisions }) => [labels, decisions])).toEqual([
    [{ verdict: "allow", shadow: null }, 2],
    [{ verdict: "allow", shadow: "deny" }, 1],
    [{ verdict: "deny", shadow: null }, 1],
  ]);
});

it("keeps a share of what was allowed, which stands for all, and everything of note", async () => {
  const draws = [0.1, 0.3, 0.1, 0.9];
  log = open({ sampleAllowed: 0.25 }, () => draws.shift() ?? 1);
  for (let count = 0; count < 4; count++) note();
  note({ allowed: false, denial });
  note({ shadow: { rule: "strict", allowed: false } });
  expect(idsOf((await list()).decisions)).toEqual(["d6", "d5", "d3", "d1"]);
  expect(log.counters().sampledOut).toBe(2);
  expect(await sum()).toMatchObject([{ decisions: 10, allowed: 9, denied: 1 }]);
});

it("lets go of what is too old or too much", async () => {
  log.configure({ ...everything, maxRows: 2 });
  for (let count = 0; count < 4; count++) note();
  expect(idsOf((await list()).decisions)).toEqual(["d4", "d3"]);
  nowMs += everything.retentionMs;
  expect(idsOf((await list()).decisions)).toEqual(["d4", "d3"]);
  nowMs += 1;
  expect((await list()).decisions).toEqual([]);
});

it("drops and counts what is more than the store takes", async () => {
  for (let count = 0; count < 10_005; count++) note();
  await list();
  expect(log.counters()).toEqual({ kept: 10_000, sampledOut: 0, dropped: 5 });
  note();
  expect(log.counters().dropped).toBe(5);
});

it("has everything after a restart", async () => {
  note();
  await log.close();
  log = open();
  expect(idsOf((await list()).decisions)).toEqual(["d1"]);
});

it("goes on without its file, counts what is lost, and says so", async () => {
  writeFileSync(directory, "");
  note();
  expect(await log.list({ from: 0, to: nowMs + 1, limit: 1 })).toMatchObject({ ok: false, kind: "unavailable" });
  expect(log.counters()).toEqual({ kept: 0, sampledOut: 0, dropped: 1 });
  expect(warnings).toHaveLength(1);
});
