import { expect, it } from "vitest";
import { createHubMetrics } from "./metrics.ts";
import { observeRules, type RuleCounts } from "./observe-rules.ts";

const table = (hits: Record<string, number>): RuleCounts => ({
  hits: () => Object.entries(hits).map(([rule, count]) => ({ rule, hits: count })),
  skipped: () => new Map([["requests", 2]]),
});

async function valuesOf(metrics: ReturnType<typeof createHubMetrics>, name: string) {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  return metric?.values.map(({ labels, value }) => [Object.values(labels)[0], value]);
}

it("counts on over reloads by rule name, and forgets rules that are gone", async () => {
  const metrics = createHubMetrics();
  const observer = observeRules(metrics);
  observer.follow(table({ a: 3, b: 1 }));
  observer.follow(table({ a: 4, c: 5 }));
  expect(await valuesOf(metrics, "mixdown_rule_hits_total")).toEqual([
    ["a", 7],
    ["c", 5],
  ]);
  expect(await valuesOf(metrics, "mixdown_instances_skipped_total")).toEqual([["requests", 4]]);
});
