import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { otlpLogs } from "../../adapters/otlp-logs/index.ts";
import { otlpMetrics } from "../../adapters/otlp-metrics/index.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { aLogEntry, anEdge } from "../../adapters/testing/instances.ts";
import { aMetric, declareMetric } from "../../adapters/testing/metric-instance.ts";
import { startNewRelicOtlpFake } from "../support/newrelic-otlp-fake.ts";

const readme = readFileSync(new URL("../../adapters/newrelic/README.md", import.meta.url), "utf8");
const [, recipe = ""] = /## By OTLP.*?```yaml\n(.*?)```/s.exec(readme) ?? [];
const { handlers } = parse(recipe);

const fake = await startNewRelicOtlpFake();
beforeEach(() => fake.reset());
const never = new AbortController().signal;
const key = "key-of-tests";

/** Settings of the README's recipe, with the fake in place of New Relic. */
function paramsOf(handler: "logs" | "metrics", licenseKey = key): object {
  const { adapter, params } = handlers[handler];
  expect([adapter, params.endpoint]).toEqual([`otlp-${handler}`, "https://otlp.eu01.nr-data.net"]);
  expect(Object.keys(params.headers)).toEqual(["api-key"]);
  return { ...params, endpoint: fake.url, headers: { "api-key": licenseKey } };
}

async function openLogs(licenseKey = key) {
  const outlet = await otlpLogs.open(otlpLogs.config.parse(paramsOf("logs", licenseKey)), fakeHost([], { fetch }));
  if ("record" in outlet) throw new Error("opened as an aggregator");
  return outlet;
}

const batch = [aLogEntry("access", { computed: { serviceName: "cart" } }), anEdge("calls")];

it("logs and edges arrive at New Relic's OTLP endpoint", async () => {
  const outlet = await openLogs();
  expect(await outlet.deliver(batch, never)).toEqual({ status: "delivered" });
  expect(fake.received.sort()).toEqual(["log access", "log mixdown.edge"]);
  await outlet.close();
});

it("metrics arrive there as what came since the last harvest", async () => {
  const host = fakeHost([declareMetric("requests"), declareMetric("duration", [], "DURATION")], { fetch });
  const outlet = await otlpMetrics.open(otlpMetrics.config.parse(paramsOf("metrics")), host);
  if ("record" in outlet) throw new Error("opened as an aggregator");
  outlet.sums!.record(aMetric("requests"));
  outlet.sums!.record(aMetric("duration", { value: 5e8 }));
  expect(await outlet.deliver(outlet.sums!.harvest(), never)).toEqual({ status: "delivered" });
  expect(fake.received.sort()).toEqual(["delta duration", "delta requests"]);
  await outlet.close();
});

it.each([
  [413, "too_large"],
  [429, "retry"],
  [503, "retry"],
  [403, "rejected"],
])("an answer of %i means %s", async (status, meaning) => {
  fake.behave(status);
  const outlet = await openLogs();
  expect((await outlet.deliver(batch, never)).status).toBe(meaning);
  await outlet.close();
});

it("another key is refused", async () => {
  const outlet = await openLogs("another");
  const delivery = await outlet.deliver(batch, never);
  expect(delivery).toMatchObject({ status: "rejected", reason: expect.stringContaining("403") });
  await outlet.close();
});
