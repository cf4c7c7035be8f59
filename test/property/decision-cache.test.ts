import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDecisionCache, type DecisionCache } from "../../collector/check/decision-cache.ts";
import { type Attributes, policyOf } from "../../collector/check/policy.fixture.ts";
import type { Decided } from "../../collector/check/policy.ts";
import type { Dependencies } from "../../collector/check/tracker.ts";

const methods = ["GET", "PUT"];
const paths = ["/a", "/b"];
const keys = ["x-a", "x-b"];

const request: fc.Arbitrary<Attributes> = fc
  .record(
    {
      "request.method": fc.constantFrom(...methods),
      "request.path": fc.constantFrom(...paths),
      "request.size": fc.constantFrom(1, 2),
      "request.headers": fc
        .dictionary(fc.constantFrom(...keys), fc.constantFrom("1", "2"))
        .map((headers) => new Map(Object.entries(headers)) as ReadonlyMap<string, string>),
    },
    { requiredKeys: [] },
  )
  .map((attributes) => attributes as Attributes);

const atom = fc.oneof(
  fc.constantFrom(...methods).map((method) => `request.method == "${method}"`),
  fc.constantFrom(...paths).map((path) => `request.path == "${path}"`),
  fc.constantFrom(...keys).map((key) => `request.headers["${key}"] == "1"`),
  fc.constantFrom(...keys).map((key) => `"${key}" in request.headers`),
  fc.constant("size(request.headers) > 1"),
  fc.constant("request.size > 1"),
  fc.constant('(request.headers["x-a"] | "2") == "2"'),
);
const match = fc.oneof(
  atom,
  fc.tuple(atom, fc.constantFrom("&&", "||"), atom).map((parts) => parts.join(" ")),
  fc.tuple(atom, atom, atom).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
);
const rule = fc.record({
  match,
  act: fc.constantFrom(
    "deny: { message: { value: 'request.path | \"none\"' } }",
    "allow: true",
    "check: { handler: odd }",
  ),
  onError: fc.constantFrom("deny", "allow"),
  shadow: fc.boolean(),
});

const toYaml = (rules: readonly { match: string; act: string; onError: string; shadow: boolean }[]) =>
  rules
    .map(
      ({ match, act, onError, shadow }, i) =>
        `  - name: r${i}\n    match: '${match}'\n    onError: ${onError}\n    shadow: ${shadow}\n    ${act}\n`,
    )
    .join("");

/** Refuses by a header, and reads no more than that. */
const odd = (question: { entry(attribute: string, key: string): string | undefined }) =>
  question.entry("request.headers", "x-b") === "2"
    ? ({ verdict: "deny", denial: { status: 401, code: 16, message: "x-b" } } as const)
    : ({ verdict: "pass" } as const);

/** All of a verdict that may be given again. */
const same = ({ id: _, cache: __, ...verdict }: Awaited<ReturnType<ReturnType<typeof policyOf>["check"]>>) => verdict;

/** Holds a policy with this cache against one without, over random rules and requests; gives how many verdicts came from the cache. */
async function compare(cacheOf: () => DecisionCache<Decided>, parameters: fc.Parameters<unknown>) {
  let hits = 0;
  const result = await fc.check(
    fc.asyncProperty(
      fc.array(rule, { minLength: 1, maxLength: 5 }),
      fc.array(request, { minLength: 5, maxLength: 40 }),
      async (rules, requests) => {
        const cached = policyOf(toYaml(rules), { odd }, { cache: cacheOf() });
        const fresh = policyOf(toYaml(rules), { odd }, { cache: undefined });
        for (const attributes of requests) {
          const verdict = await cached.check(attributes);
          if (verdict.cache === "hit") hits++;
          expect(same(verdict)).toEqual(same(await fresh.check(attributes)));
        }
      },
    ),
    parameters as never,
  );
  return { hits, result };
}

const sound = () => createDecisionCache<Decided>(100, () => 0);

describe("the decision cache", () => {
  it("gives what a fresh evaluation would say", async () => {
    const { hits, result } = await compare(sound, { numRuns: 150 });
    expect(fc.defaultReportMessage(result)).toBeUndefined();
    expect(hits).toBeGreaterThan(500);
  });

  it.each<[string, (dependencies: Dependencies) => void]>([
    ["an attribute", ({ attributes }) => attributes.delete([...attributes.keys()][0] as number)],
    ["an entry of a map", ({ keys }) => [...keys.values()][0]?.delete("x-a")],
  ])("is caught by this very test if it forgets %s", async (_, forget) => {
    const forgetful = (): DecisionCache<Decided> => {
      const cache = sound();
      return {
        ...cache,
        size: 0,
        keep(values, dependencies, decided) {
          forget(dependencies);
          cache.keep(values, dependencies, decided);
        },
      };
    };
    const { result } = await compare(forgetful, { numRuns: 150 });
    expect(result.failed).toBe(true);
  });
});
