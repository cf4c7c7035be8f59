import { describe, expect, test } from "vitest";
import type { Answer, Checks, OpenChecker, Question } from "../../adapters/checker.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { questionOf } from "../../adapters/testing/question.ts";
import { guardChecks } from "./guard-checks.ts";

const never = new AbortController().signal;

/** A guarded checker that opens as this. */
async function open(opened: unknown, over: Partial<Checks<unknown>> = {}) {
  const host = fakeHost();
  const checks = {
    instance: "none",
    reads: () => ["request.headers"],
    open: async () => opened,
    ...over,
  } as Checks<unknown>;
  return { host, checker: await guardChecks(checks, "the adapter odd").open({}, host) };
}

/** What the hub gets where a checker answers this. */
async function answered(answer: unknown): Promise<Answer> {
  const { checker } = await open({ check: () => answer, async close() {} });
  return checker.check(questionOf(), never);
}

const asked = async (check: (question: Question) => unknown) => {
  const { checker } = await open({ check, async close() {} });
  const headers = new Map([["a", "1"]]);
  return { headers, ask: () => checker.check(questionOf({ attributes: { "request.headers": headers } }), never) };
};

describe("opening", () => {
  test.each([undefined, null, 7, {}, { check() {} }, { close() {} }])(
    "refuses what cannot be asked: %o",
    async (opened) => {
      await expect(open(opened)).rejects.toThrow(/"open" of the adapter odd gave .* without the functions it needs/);
    },
  );

  test("takes the methods of a class", async () => {
    class Door implements OpenChecker {
      readonly #answer = { verdict: "pass" } as const;
      check() {
        return this.#answer;
      }
      async close() {}
    }
    const { checker } = await open(new Door());
    expect(checker.check(questionOf(), never)).toEqual({ verdict: "pass" });
  });

  test("refuses reads that are no list of texts", async () => {
    await expect(open({}, { reads: () => "request.path" as never })).rejects.toThrow(
      '"reads" of the adapter odd gave something else than a list of texts',
    );
  });

  test("that it cannot be closed is only said", async () => {
    const close = () => Promise.reject(new Error("stuck"));
    const { checker, host } = await open({ check() {}, close });
    await checker.close();
    expect(host.logged).toMatchObject([{ level: "error", fields: { reason: "stuck" } }]);
  });
});

describe("answers", () => {
  const denial = { status: 403, code: 7, message: "no" };

  test.each([
    { verdict: "pass" },
    { verdict: "pass", validForMs: Number.POSITIVE_INFINITY, attributes: { "request.auth.principal": "amy" } },
    { verdict: "deny", denial, changes: { client: [{ action: "set", name: "x-why", value: "no" }] }, validForMs: 0 },
    { verdict: "error", reason: "asleep" },
  ])("%o is taken, at once and later", async (answer) => {
    expect(await answered(answer)).toEqual(answer);
    expect(await answered(Promise.resolve(answer))).toEqual(answer);
    // biome-ignore lint/suspicious/noThenProperty: any object with such a member can be waited for
    expect(await answered({ then: (resolve: (value: unknown) => void) => resolve(answer) })).toEqual(answer);
  });

  test.each([
    [undefined, "Invalid input"],
    ["pass", "Invalid input"],
    [{ verdict: "allow" }, "verdict"],
    [{ verdict: "deny" }, "denial"],
    [{ verdict: "deny", denial: { ...denial, status: 200 } }, "denial: status"],
    [{ verdict: "deny", denial: { ...denial, code: 0 } }, "denial: code"],
    [{ verdict: "pass", denail: {} }, "denail"],
    [{ verdict: "pass", validForMs: Number.NaN }, "validForMs"],
    [{ verdict: "pass", attributes: { "request.auth.principal": {} } }, "no value of an attribute"],
    [
      { verdict: "pass", changes: { upstream: [{ action: "set", name: "x y", value: "1" }] } },
      "changes: upstream: 0: name: is no name for a header",
    ],
    [
      { verdict: "pass", changes: { client: [{ action: "set", name: "x", value: "1\r\nb: 2" }] } },
      "changes: client: 0: value: is no value",
    ],
    [{ verdict: "error" }, "reason"],
  ])("%o is a fault", async (answer, place) => {
    const fault = new RegExp(`^the adapter odd gave no proper answer: .*${place}`);
    await expect(answered(answer)).rejects.toThrow(fault);
    await expect(answered(Promise.resolve(answer))).rejects.toThrow(fault);
  });

  test("what it throws while it is asked whether an answer still holds means that it does not", async () => {
    const holds = () => {
      throw new Error("no");
    };
    const answer = await answered({ verdict: "pass", holds });
    expect(answer.verdict === "pass" && answer.holds?.()).toBe(false);
  });

  test("an answer cannot be changed afterwards", async () => {
    const mine = { verdict: "deny", denial: { ...denial } };
    const answer = await answered(mine);
    mine.denial.message = "yes";
    expect(answer).toMatchObject({ denial: { message: "no" } });
  });
});

describe("questions", () => {
  test("what is not declared cannot be read", async () => {
    for (const read of [(q: Question) => q.get("request.path"), (q: Question) => q.entry("request.path", "a")]) {
      const { ask } = await asked(read);
      expect(ask).toThrow('it reads request.path, which is not among its "reads"');
    }
  });

  test("the request cannot be changed", async () => {
    const { headers, ask } = await asked((question) => {
      (question.get("request.headers") as Map<string, string>).clear();
      return { verdict: question.entry("request.headers", "a") === "1" ? "pass" : "error" };
    });
    expect(ask()).toEqual({ verdict: "pass" });
    expect(headers.size).toBe(1);
  });
});
