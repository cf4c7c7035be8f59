import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Aggregator, isAggregator } from "../adapter.ts";
import { fakeHost, openMetrics } from "../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { prometheus } from "./index.ts";

const instances = [declareMetric("requests", ["code"]), declareMetric("duration", ["code"], "DURATION")];

async function opened(params: unknown = {}) {
  const host = fakeHost(instances);
  const aggregator = await prometheus.open(config.parse(params), host);
  if (!isAggregator(aggregator)) throw new Error("not an aggregator");
  return { host, aggregator };
}

function recordAll(aggregator: Aggregator<"metric">): void {
  for (const [code, value] of [
    ["200", 5e6],
    ["200", 2e9],
    ["503", 7e7],
  ] as const) {
    const labels = aTuple({ code });
    aggregator.record(aMetric("requests", { labels }));
    aggregator.record(aMetric("duration", { labels, value }));
  }
}

describe("prometheus", () => {
  it("shows what the README promises", async () => {
    const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
    const { handlers } = parse(/```yaml\n(.*?)```/s.exec(readme)![1]!);
    const settings = config.parse(handlers.prometheus.params);
    expect(prometheus.validate!(settings, instances)).toEqual([]);
    const { host, aggregator } = await opened(settings);
    recordAll(aggregator);
    expect(await host.scrape()).toMatchInlineSnapshot(`
      "# HELP http_request_duration_seconds How long requests took.
      # TYPE http_request_duration_seconds histogram
      http_request_duration_seconds_bucket{code="200",le="0.01"} 1
      http_request_duration_seconds_bucket{code="200",le="0.1"} 1
      http_request_duration_seconds_bucket{code="200",le="1.0"} 1
      http_request_duration_seconds_bucket{code="200",le="10.0"} 2
      http_request_duration_seconds_bucket{code="200",le="+Inf"} 2
      http_request_duration_seconds_sum{code="200"} 2.005
      http_request_duration_seconds_count{code="200"} 2
      http_request_duration_seconds_bucket{code="503",le="0.01"} 0
      http_request_duration_seconds_bucket{code="503",le="0.1"} 1
      http_request_duration_seconds_bucket{code="503",le="1.0"} 1
      http_request_duration_seconds_bucket{code="503",le="10.0"} 1
      http_request_duration_seconds_bucket{code="503",le="+Inf"} 1
      http_request_duration_seconds_sum{code="503"} 0.07
      http_request_duration_seconds_count{code="503"} 1
      # HELP requests_total Instance requests.
      # TYPE requests_total counter
      requests_total{code="200"} 2
      requests_total{code="503"} 1
      "
    `);
    expect(await host.scrape(openMetrics)).toMatchInlineSnapshot(`
      "# TYPE http_request_duration_seconds histogram
      # UNIT http_request_duration_seconds seconds
      # HELP http_request_duration_seconds How long requests took.
      http_request_duration_seconds_bucket{code="200",le="0.01"} 1
      http_request_duration_seconds_bucket{code="200",le="0.1"} 1
      http_request_duration_seconds_bucket{code="200",le="1.0"} 1
      http_request_duration_seconds_bucket{code="200",le="10.0"} 2
      http_request_duration_seconds_bucket{code="200",le="+Inf"} 2
      http_request_duration_seconds_sum{code="200"} 2.005
      http_request_duration_seconds_count{code="200"} 2
      http_request_duration_seconds_created{code="200"} 1700000000.000
      http_request_duration_seconds_bucket{code="503",le="0.01"} 0
      http_request_duration_seconds_bucket{code="503",le="0.1"} 1
      http_request_duration_seconds_bucket{code="503",le="1.0"} 1
      http_request_duration_seconds_bucket{code="503",le="10.0"} 1
      http_request_duration_seconds_bucket{code="503",le="+Inf"} 1
      http_request_duration_seconds_sum{code="503"} 0.07
      http_request_duration_seconds_count{code="503"} 1
      http_request_duration_seconds_created{code="503"} 1700000000.000
      # TYPE requests counter
      # HELP requests Instance requests.
      requests_total{code="200"} 2
      requests_created{code="200"} 1700000000.000
      requests_total{code="503"} 1
      requests_created{code="503"} 1700000000.000
      # EOF
      "
    `);
  });

  it("packs with gzip and answers both formats", async () => {
    const { host, aggregator } = await opened();
    recordAll(aggregator);
    expect(await host.scrape({ "accept-encoding": "gzip" })).toBe(await host.scrape());
    expect(await host.scrape({ ...openMetrics, "accept-encoding": "gzip" })).toBe(await host.scrape(openMetrics));
  });

  it("moves to another address with its series", async () => {
    const { host, aggregator } = await opened();
    recordAll(aggregator);
    const before = await host.scrape();
    await aggregator.reconfigure!(config.parse({ address: "127.0.0.1:9102" }), instances);
    expect(await host.scrape()).toBe("");
    expect(await host.scrape({}, "127.0.0.1:9102")).toBe(before);
    await aggregator.close();
    expect(await host.scrape({}, "127.0.0.1:9102")).toBe("");
  });

  it("stays where it is when the new address cannot be had, with the new definitions", async () => {
    const { host, aggregator } = await opened();
    host.exposeMetrics = () => Promise.reject(new Error("address in use"));
    const next = config.parse({ address: "127.0.0.1:1", metrics: { requests: { name: "hits" } } });
    await expect(aggregator.reconfigure!(next, instances)).rejects.toThrow("address in use");
    aggregator.record(aMetric("requests", { labels: aTuple({ code: "200" }) }));
    expect(await host.scrape()).toContain('hits_total{code="200"} 1');
  });
});
