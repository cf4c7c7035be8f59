import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import type { ReadHandler } from "../config/checked.ts";
import { countLosses } from "./count-losses.ts";
import { createHubMetrics } from "./metrics.ts";

it("tells what each handler lost, by reason, whatever the metric", async () => {
  const metrics = createHubMetrics();
  const adapter = inventory[0]!;
  const handler = (name: string, ...instances: string[]): ReadHandler => {
    const declared = instances.map(
      (instance) => ({ name: instance, template: "metric", valueType: "INT64", labelNames: [] }) as const,
    );
    return { name, adapter, params: {}, instances: declared };
  };
  metrics.handlerErrors.inc({ handler: "a" }, 2);
  metrics.handlerDropped.inc({ handler: "a", metric: "x", reason: "type" }, 3);
  metrics.handlerDropped.inc({ handler: "a", metric: "y", reason: "type" }, 4);
  metrics.handlerDropped.inc({ handler: "a", metric: "y", reason: "name" }, 1);
  metrics.handlerOverflow.inc({ handler: "a", metric: "x", label: "path" }, 5);
  metrics.handlerErrors.inc({ handler: "gone" }, 9);
  const common = { adapter: "prometheus", state: "open" };
  expect(await countLosses([handler("a", "r"), handler("b")], metrics)).toEqual([
    { ...common, name: "a", instances: ["r"], failed: 2, dropped: { name: 1, type: 7 }, overflow: 5 },
    { ...common, name: "b", instances: [], failed: 0, dropped: {}, overflow: 0 },
  ]);
});
