import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expression, Requirement } from "../expr/expression.ts";
import { createRuleIndex } from "./rule-index.ts";

/** An expression that is true where all requirements hold, and that counts its evaluations. */
function needs(requires: readonly Requirement[]) {
  const match = {
    text: "",
    type: "BOOL",
    slots: requires.map(({ slot }) => slot),
    requires,
    evaluations: 0,
    evaluate(values: Parameters<Expression["evaluate"]>[0]) {
      match.evaluations++;
      return requires.every(({ slot, value }) => values[slot] === value);
    },
  };
  return match;
}

const applied = <Rule extends { name: string }>(
  index: { each(values: never[], visit: (rule: Rule) => void): boolean },
  values: unknown[],
) => {
  const names: string[] = [];
  const any = index.each(values as never[], ({ name }) => names.push(name));
  expect(any).toBe(names.length > 0);
  return names;
};

describe("a rule index", () => {
  it("finds rules with and without equalities", () => {
    const index = createRuleIndex([
      { name: "always", match: undefined },
      { name: "tcp", match: needs([{ slot: 0, value: "tcp" }]) },
      { name: "500", match: needs([{ slot: 1, value: 500 }]) },
    ]);
    expect(applied(index, ["tcp", 500])).toEqual(["always", "tcp", "500"]);
    expect(applied(index, ["http", undefined])).toEqual(["always"]);
  });

  it("does not evaluate what cannot hold", () => {
    const rules = Array.from({ length: 50 }, (_, n) => ({
      name: `${n}`,
      match: needs([{ slot: 0, value: `host${n}` }]),
    }));
    const index = createRuleIndex(rules);
    expect(applied(index, ["host7"])).toEqual(["7"]);
    expect(rules.reduce((sum, { match }) => sum + match.evaluations, 0)).toBe(1);
  });

  it("applies the same rules as evaluating each", () => {
    const value = fc.constantFrom("a", "b", 1, true);
    const requirement = fc.record({ slot: fc.nat(2), value });
    fc.assert(
      fc.property(
        fc.array(fc.array(requirement, { maxLength: 3 })),
        fc.array(value, { minLength: 3, maxLength: 3 }),
        (all, values) => {
          const rules = all.map((requires, n) => ({ name: `${n}`, match: needs(requires) }));
          const plain = rules.filter(({ match }) => match.evaluate(values)).map(({ name }) => name);
          expect(applied(createRuleIndex(rules), values).sort()).toEqual(plain.sort());
        },
      ),
    );
  });
});
