import assert from "node:assert/strict";
import type { z } from "zod";
import type { Adapter } from "../adapter.ts";
import type { Answer, OpenChecker } from "../checker.ts";
import { fakeBackend } from "./backend.ts";
import { declarationTests } from "./declaration-tests.ts";
import { fakeHost } from "./fake-host.ts";
import type { ContractTest } from "./options.ts";
import { type QuestionParts, questionOf } from "./question.ts";

/** What the tests of a checker need to know of it. */
export interface CheckerOptions {
  /** Settings that work, as a user would write them. */
  readonly params: unknown;
  /** A request that it passes. */
  readonly passes: QuestionParts;
  /** The text of its README, with a whole configuration in its first yaml block. */
  readonly readme?: string;
  /** What it sends its requests to, if it sends any: then it is also tried with a backend that is away. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What every checker promises the hub, as tests for any runner. */
export function checkerTests<S extends z.ZodType>(
  adapter: Adapter<never, S>,
  { params, passes, readme, fetch: given }: CheckerOptions,
): ContractTest[] {
  const { checks } = adapter;
  const never = new AbortController().signal;
  const opened = async (fetch = given ?? fakeBackend().fetch) => {
    assert.ok(checks !== undefined, "declares no checks: is it made by defineChecker?");
    return checks.open(adapter.config.parse(params), fakeHost([], { fetch }));
  };
  return [
    ...declarationTests(adapter, {
      ...{ params, instances: [], instance: () => assert.fail("checkers are sent nothing") },
      ...(readme === undefined ? {} : { readme }),
    }),
    {
      name: "passes a request that it has nothing against",
      async run() {
        const checker = await opened();
        const answer = await checker.check(questionOf(passes), never);
        assert.equal(answer.verdict, "pass", JSON.stringify(answer));
        assertAnswer(answer);
        await checker.close();
      },
    },
    {
      name: "does not pass a request without any attribute, and says why",
      async run() {
        const checker = await opened();
        const answer = await checker.check(questionOf(checks?.instance === "required" ? { instance: {} } : {}), never);
        assert.notEqual(answer.verdict, "pass");
        assertAnswer(answer);
        await checker.close();
      },
    },
    {
      name: "reads only attributes that it has declared",
      async run() {
        const checker = await opened();
        const declared = new Set(checks?.reads(adapter.config.parse(params)));
        const { get, entry, ...rest } = questionOf(passes);
        const declaredOnly = (attribute: string): string => {
          assert.ok(declared.has(attribute), `${attribute} is not among its reads`);
          return attribute;
        };
        const watched = {
          ...rest,
          get: (attribute: string) => get(declaredOnly(attribute)),
          entry: (attribute: string, key: string) => entry(declaredOnly(attribute), key),
        };
        await checker.check(watched, never);
        await checker.close();
      },
    },
    ...(given === undefined
      ? []
      : [withoutBackend(() => opened(async () => Promise.reject(new TypeError("fetch failed"))), passes)]),
  ];
}

/** A checker that asks somebody. */
const withoutBackend = (open: () => Promise<OpenChecker>, passes: QuestionParts): ContractTest => ({
  name: "cannot say while its backend is away, and says why",
  async run() {
    const checker = await open();
    const answer = await checker.check(questionOf(passes), new AbortController().signal);
    assert.equal(answer.verdict, "error", `with its backend away it answers ${JSON.stringify(answer)}`);
    assertAnswer(answer);
    await checker.close();
  },
});

/** Holds an answer to the form that the hub expects. */
function assertAnswer(answer: Answer): void {
  if (answer.verdict === "error") {
    assert.ok(answer.reason !== "", "an error gives no reason");
    return;
  }
  const { validForMs = 0, changes } = answer;
  assert.ok(validForMs >= 0, `validForMs is ${validForMs}`);
  for (const { name } of [...(changes?.upstream ?? []), ...(changes?.client ?? [])])
    assert.match(name, /^[!#$%&'*+.^_`|~0-9a-z-]+$/i, `"${name}" is no name for a header`);
  if (answer.verdict === "pass") return;
  const { status, code, message } = answer.denial;
  assert.ok(status >= 400 && status <= 599, `a refusal has the HTTP status ${status}`);
  assert.ok(code >= 1 && code <= 16, `a refusal has the gRPC code ${code}`);
  assert.ok(message !== "", "a refusal has no message");
}
