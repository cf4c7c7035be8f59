import { readFileSync } from "node:fs";
import { describe, it } from "vitest";
import type { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { list } from "../../adapters/list/index.ts";
import { type CheckerOptions, checkerTests } from "../../adapters/testing/checker-tests.ts";

/** What every checker promises the hub, as tests of Vitest. */
function checkerBattery<S extends z.ZodType>(
  adapter: Adapter<never, S>,
  options: Omit<CheckerOptions, "readme">,
): void {
  const readme = readFileSync(new URL(`../../adapters/${adapter.type}/README.md`, import.meta.url), "utf8");
  describe(`the checker ${adapter.type}`, () => {
    for (const { name, run } of checkerTests(adapter, { ...options, readme })) it(name, run);
  });
}

checkerBattery(list, { params: { entries: ["a"] }, passes: { instance: { value: "a" } } });
