import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { describe, expect, it } from "vitest";
import { casesOf, failureOf } from "../../test/support/cel-spec.ts";
import { exclusions } from "../../test/support/cel-spec-exclusions.ts";

const cases = casesOf(getConformanceSuite());
const sections = Map.groupBy(cases, ({ section }) => section);

function excludedIn(section: string): Set<string> {
  const ids = (sections.get(section) ?? []).map(({ id }) => id);
  const listed = exclusions.filter((exclusion) => exclusion.section === section);
  return new Set(
    listed.flatMap(({ only, except }) => {
      if (only) return only.map((name) => `${section}/${name}`);
      return ids.filter((id) => !except?.includes(id.slice(section.length + 1)));
    }),
  );
}

describe("the public CEL conformance data", () => {
  it("is all there", () => {
    expect(cases.length).toBeGreaterThan(2000);
  });

  it.each([...sections.keys()])("%s: passes but for the cases that are excluded, and those fail", (section) => {
    const failures = new Map<string, string>();
    for (const test of sections.get(section) ?? []) {
      const failure = failureOf(test);
      if (failure !== undefined) failures.set(test.id, failure);
    }
    const excluded = excludedIn(section);
    expect([...failures].filter(([id]) => !excluded.has(id))).toEqual([]);
    expect([...excluded].filter((id) => !failures.has(id))).toEqual([]);
  });

  it.each(exclusions)("excludes only cases that exist: $section", ({ section, only, except }) => {
    const ids = new Set(sections.get(section)?.map(({ id }) => id));
    expect([...(only ?? []), ...(except ?? [])].filter((name) => !ids.has(`${section}/${name}`))).toEqual([]);
    expect(ids.size).toBeGreaterThan(0);
  });
});
