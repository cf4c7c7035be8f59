import { describe, expect, it } from "vitest";
import type { Answer } from "../../adapters/checker.ts";
import { policyOf, refusal } from "./policy.fixture.ts";

const yes = { "request.method": "GET" };
const no = { "request.method": "PUT" };
const missing = {};

/** How each kind of rule decides, with a rule behind it that refuses whatever comes to it. */
describe("the truth table", () => {
  const kinds = {
    deny: "deny: {}",
    allow: "allow: true",
    "check that has nothing against it": "check: { handler: passes }",
    "check that refuses": "check: { handler: refuses }",
    "check in error": "check: { handler: fails }",
    "check whose adapter throws": "check: { handler: throws }",
    "check that never answers": "check: { handler: hangs, timeout: 5ms }",
    "limit within its budget": 'limit: { key: [request.method], rate: "5/1m" }',
    "limit beyond its budget": 'limit: { key: [request.method], rate: "5/1m", cost: 9 }',
    "limit whose rate is none": "limit: { key: [request.method], rate: { value: '\"much\"' } }",
  };
  const checkers = {
    passes: (): Answer => ({ verdict: "pass" }),
    refuses: () => refusal,
    fails: (): Answer => ({ verdict: "error", reason: "the backend is down" }),
    throws: () => {
      throw new Error("a bug");
    },
    hangs: () => new Promise<Answer>(() => {}),
  };

  it.each<[keyof typeof kinds, "true" | "false" | "error", "deny" | "allow", string]>([
    ["deny", "true", "deny", "it"],
    ["deny", "false", "deny", "next"],
    ["deny", "error", "deny", "it"],
    ["deny", "error", "allow", "next"],
    ["allow", "true", "deny", "allowed"],
    ["allow", "false", "deny", "next"],
    ["allow", "error", "deny", "it"],
    ["allow", "error", "allow", "allowed"],
    ["check that has nothing against it", "true", "deny", "next"],
    ["check that has nothing against it", "error", "deny", "it"],
    ["check that has nothing against it", "error", "allow", "next"],
    ["check that refuses", "true", "allow", "it"],
    ["check that refuses", "false", "deny", "next"],
    ["check that refuses", "error", "allow", "next"],
    ["check in error", "true", "deny", "it"],
    ["check in error", "true", "allow", "next"],
    ["check whose adapter throws", "true", "deny", "it"],
    ["check whose adapter throws", "true", "allow", "next"],
    ["check that never answers", "true", "deny", "it"],
    ["check that never answers", "true", "allow", "next"],
    ["limit within its budget", "true", "deny", "next"],
    ["limit within its budget", "error", "deny", "it"],
    ["limit within its budget", "error", "allow", "next"],
    ["limit beyond its budget", "true", "allow", "it"],
    ["limit beyond its budget", "false", "deny", "next"],
    ["limit whose rate is none", "true", "deny", "it"],
    ["limit whose rate is none", "true", "allow", "next"],
  ])("%s, match %s, onError %s: %s", async (kind, match, onError, expected) => {
    const policy = policyOf(
      `  - { name: it, match: 'request.method == "GET"', onError: ${onError}, ${kinds[kind]} }\n  - { name: next, deny: {} }\n`,
      checkers,
    );
    const verdict = await policy.check({ true: yes, false: no, error: missing }[match]);
    expect(verdict.allowed ? "allowed" : verdict.rule).toBe(expected);
  });

  it.each(["allow", "deny"] as const)("leaves what no rule decides to the listener: %s", async (byDefault) => {
    const verdict = await policyOf("  - { name: a, match: 'request.method == \"GET\"', deny: {} }\n").check(
      no,
      byDefault,
    );
    expect([verdict.allowed, verdict.rule]).toEqual([byDefault === "allow", ""]);
  });
});

describe("a policy", () => {
  it("tries rules of higher priority first, then in the order of the file", async () => {
    const rules =
      "  - { name: a, deny: {} }\n  - { name: b, priority: 5, allow: true }\n  - { name: c, priority: 5, deny: {} }\n";
    expect(await policyOf(rules).check()).toMatchObject({ allowed: true, rule: "b" });
  });

  it("records what shadow rules would do, and enforces none of it", async () => {
    const rules =
      "  - { name: a, shadow: true, deny: {} }\n  - { name: b, shadow: true, allow: true }\n  - { name: c, deny: { status: 404 } }\n";
    expect(await policyOf(rules).check()).toMatchObject({
      ...{ allowed: false, rule: "c", denial: { status: 404, code: 5 }, shadow: { rule: "a", allowed: false } },
      reasons: [
        { rule: "a", outcome: "deny", shadow: true },
        { rule: "b", outcome: "pass", shadow: true },
        { rule: "c", outcome: "deny", shadow: false },
      ],
    });
  });

  it("gathers changes on the way to a yes, and gives the client the refusing rule's own", async () => {
    const rules = `  - { name: a, check: { handler: passes }, headers: { upstream: { set: { X-A: one } }, client: { add: { x-c: two } } } }
  - name: b
    match: 'request.method == "PUT"'
    deny: { headers: { x-why: { value: request.method } } }
    headers: { upstream: { set: { x-b: three } } }
    metadata: { who: me }
`;
    const policy = policyOf(rules, { passes: () => ({ verdict: "pass", changes: { metadata: { from: "checker" } } }) });
    expect((await policy.check(yes)).changes).toEqual({
      upstream: [{ action: "set", name: "x-a", value: "one" }],
      client: [{ action: "add", name: "x-c", value: "two" }],
      metadata: { from: "checker" },
    });
    expect((await policy.check(no)).changes).toEqual({
      client: [{ action: "set", name: "x-why", value: "PUT" }],
      metadata: { who: "me" },
    });
  });

  it("lets rules read what a checker found", async () => {
    const rules = `  - { name: a, check: { handler: token } }\n  - { name: b, match: 'request.auth.principal == "bob"', deny: {} }\n`;
    const token = () => ({ verdict: "pass", attributes: { "request.auth.principal": "bob" } }) as const;
    expect(await policyOf(rules, { token }).check()).toMatchObject({ allowed: false, rule: "b" });
  });

  it.each([
    ["request.auth.principal", 7],
    ["request.size", "7"],
    ["request.headers", { a: "b" }],
    ["source.ip", true],
    ["no.such", "a"],
  ])("holds a checker to the types of attributes: %s is not %o", async (name, value) => {
    const token = () => ({ verdict: "pass", attributes: { [name]: value as string } }) as const;
    const { check } = policyOf("  - { name: t, check: { handler: token } }", { token });
    const detail = `token: it gave ${name} a value that this attribute cannot have`;
    expect(await check()).toMatchObject({ allowed: false, reasons: [{ outcome: "error", detail }] });
  });

  it("gives an answer again until its time is up, or it no longer holds; never that a checker could not answer", async () => {
    let [asked, broken, current] = [0, true, true];
    const checker = () => {
      asked++;
      if (broken) return { verdict: "error", reason: "down" } as const;
      return { verdict: "pass", validForMs: 1000, holds: () => current } as const;
    };
    const policy = policyOf("  - { name: a, check: { handler: c } }\n", { c: checker });
    const states: unknown[] = [];
    const ask = async () => states.push([(await policy.check()).cache, asked]);
    for (let i = 0; i < 2; i++) await ask();
    broken = false;
    for (let i = 0; i < 2; i++) await ask();
    policy.clock.nowMs += 1000;
    for (let i = 0; i < 2; i++) await ask();
    current = false;
    await ask();
    expect(states).toEqual([
      ...[
        ["off", 1],
        ["off", 2],
      ],
      ...[
        ["miss", 3],
        ["hit", 3],
      ],
      ...[
        ["miss", 4],
        ["hit", 4],
      ],
      ["miss", 5],
    ]);
  });

  it("gives back what limits took where the request is refused after all", async () => {
    const rules = `  - { name: l, limit: { key: ["1"], rate: "2/1m" } }\n  - { name: d, match: 'request.method == "PUT"', deny: {} }\n`;
    const policy = policyOf(rules);
    for (let i = 0; i < 5; i++) expect((await policy.check(no)).rule).toBe("d");
    for (let i = 0; i < 2; i++) expect((await policy.check(yes)).allowed).toBe(true);
    expect(await policy.check(yes)).toMatchObject({ allowed: false, rule: "l", denial: { status: 429, code: 8 } });
  });
});
