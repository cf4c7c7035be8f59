import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { otlpLogs } from "../../adapters/otlp-logs/index.ts";
import { fakeHost } from "../support/fake-host.ts";
import { aLogEntry, anEdge } from "../support/instances.ts";
import { startNewRelicOtlpFake } from "../support/newrelic-otlp-fake.ts";

const readme = readFileSync(new URL("../../adapters/newrelic/README.md", import.meta.url), "utf8");
const fake = await startNewRelicOtlpFake();

/** The handler of the README's recipe, with the fake in place of New Relic. */
async function opened(settings: object = {}) {
  const [, recipe = ""] = /## By OTLP.*?```yaml\n(.*?)```/s.exec(readme) ?? [];
  const { adapter, params } = parse(recipe).handlers.newrelic;
  expect([adapter, params.endpoint]).toEqual(["otlp-logs", "https://otlp.eu01.nr-data.net"]);
  const headers = { "api-key": "key-of-tests" };
  expect(Object.keys(params.headers)).toEqual(Object.keys(headers));
  const config = otlpLogs.config.parse({ ...params, endpoint: fake.url, headers, ...settings });
  const outlet = await otlpLogs.open(config, fakeHost([], { fetch }));
  if ("record" in outlet) throw new Error("opened as an aggregator");
  return outlet;
}

const batch = [aLogEntry("access", { computed: { serviceName: "cart" } }), anEdge("calls")];
const never = new AbortController().signal;

it("logs and edges arrive at New Relic's OTLP endpoint", async () => {
  const outlet = await opened();
  expect(await outlet.deliver(batch, never)).toEqual({ status: "delivered" });
  expect(fake.records.sort()).toEqual(["access", "mixdown.edge"]);
  await outlet.close();
});

it.each([
  [413, "too_large"],
  [429, "retry"],
  [503, "retry"],
  [403, "rejected"],
])("an answer of %i means %s", async (status, meaning) => {
  fake.behave(status);
  const outlet = await opened();
  expect((await outlet.deliver(batch, never)).status).toBe(meaning);
  await outlet.close();
});

it("another key is refused", async () => {
  const outlet = await opened({ headers: { "api-key": "another" } });
  expect(await outlet.deliver(batch, never)).toMatchObject({
    status: "rejected",
    reason: expect.stringContaining("403"),
  });
  await outlet.close();
});
