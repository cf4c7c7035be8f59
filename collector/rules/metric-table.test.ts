import { expect, it } from "vitest";
import type { Instance } from "../../schemas/model/instance.ts";
import { createMetricTable, type MetricTableOptions } from "./metric-table.ts";
import { aRecord, rule } from "./rules.fixture.ts";

function table(rules: MetricTableOptions["rules"]) {
  const sent: [handler: string, instance: Instance][] = [];
  const records: string[] = [];
  const outbox = (handler: string) => ({
    record: () => void records.push(handler),
    offer: (instance: Instance) => void sent.push([handler, instance]),
  });
  const outboxes = new Map(["a", "b"].map((handler) => [handler, outbox(handler)]));
  return { table: createMetricTable({ rules, outboxes }), sent, records };
}

const cut = (places: readonly number[]) => [{ bytes: Uint8Array.from(places), points: places.length }];
const to = (handler: string) => [{ handler, instances: ["metrics"] }];

it("sends what rules selected when the batch is through, once however many rules say so", () => {
  const {
    table: metrics,
    sent,
    records,
  } = table([
    { ...rule("all", undefined, []), actions: to("a") },
    { ...rule("http", 'metric.name == "http"', []), actions: [...to("a"), ...to("b")] },
  ]);
  const names = ["http", "tcp", "http"];
  for (const [place, name] of names.entries())
    expect(metrics.report(aRecord({ "metric.name": name }), place)).toBe(true);
  expect(sent).toEqual([]);
  metrics.relay({ cut });
  metrics.relay({ cut });
  const instance = { template: "metrics", instance: "metrics" };
  expect(sent).toEqual([
    ["a", { ...instance, bytes: Uint8Array.of(0, 1, 2), points: 3 }],
    ["b", { ...instance, bytes: Uint8Array.of(0, 2), points: 2 }],
  ]);
  expect(records.filter((handler) => handler === "a")).toHaveLength(3);
  expect(metrics.hits()).toEqual([
    { rule: "all", hits: 3 },
    { rule: "http", hits: 2 },
  ]);
});

it("says whether any rule takes metrics, and which applied to one", () => {
  expect(table([]).table.takes).toBe(false);
  const { table: metrics } = table([{ ...rule("http", 'metric.name == "http"', []), actions: to("a") }]);
  expect(metrics.takes).toBe(true);
  expect(metrics.report(aRecord({ "metric.name": "tcp" }), 0)).toBe(false);
});
