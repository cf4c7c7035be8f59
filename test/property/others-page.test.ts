import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { config } from "../../adapters/prometheus/config.ts";
import { Registry } from "../../adapters/prometheus/registry.ts";
import { fakeHost, openMetrics } from "../../adapters/testing/fake-host.ts";
import { MetricsDataSchema } from "../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { parseExposition } from "../support/exposition.ts";
import { aHistogram, aMetricsRequest, anExponential, aPoint, aSum, pointTime } from "../support/otlp-metric.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { arbitraryMetrics } from "./arbitrary-metrics.ts";

async function open(others: object = {}) {
  const host = fakeHost();
  const registry = new Registry(host);
  registry.define(config.parse({ others }), []);
  await host.exposeMetrics(registry);
  const send = (bytes: Uint8Array) =>
    registry.recordOthers({ template: "metrics", instance: "metrics", bytes, points: 1 });
  return { host, send };
}

/** The strict reader refuses raw carriage returns, which label values and help texts may hold. */
const read = (text: string) => parseExposition(text.replaceAll("\r", "?"));

describe("a page with metrics of others", () => {
  it("is legal in both formats, whatever they are", async () => {
    const requests = fc.array(arbitraryMetrics, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(requests, fc.boolean(), async (all, suffixes) => {
        const { host, send } = await open({ suffixes });
        for (const data of all) send(toBinary(MetricsDataSchema, data));
        read(await host.scrape());
        read(await host.scrape(openMetrics));
      }),
      { numRuns: 300 },
    );
  });

  it("shows what a real Envoy sent", async () => {
    const { host, send } = await open();
    for (const { bytes } of recordingsIn("otlp-metrics.jsonl")) send(bytes);
    const families = read(await host.scrape());
    expect(families.get("envoy_server_uptime")?.type).toBe("gauge");
    expect(families.get("envoy_http_downstream_rq_time")?.type).toBe("histogram");
    expect(host.counted).toEqual([]);
  });
});

const times = fc.uniqueArray(fc.nat(1000), { maxLength: 12 });
const at = (second: number) => ({ timeUnixNano: pointTime + BigInt(second) * 1_000_000_000n });

/** The times that are later than all before them. */
const inOrder = (seconds: readonly number[]) =>
  seconds.filter((second, i) => seconds.slice(0, i).every((s) => s < second));

describe("deltas", () => {
  it("of a counter add up to those that came in order", async () => {
    await fc.assert(
      fc.asyncProperty(times, async (seconds) => {
        const { host, send } = await open();
        for (const second of seconds) send(aMetricsRequest([aSum("a", [aPoint(second + 1, {}, at(second))], "delta")]));
        const taken = inOrder(seconds);
        const text = await host.scrape();
        const sum = taken.reduce((total, second) => total + second + 1, 0);
        if (taken.length > 0) expect(read(text).get("a_total")?.samples[0]?.value).toBe(sum);
        expect(host.total("dropped", { reason: "out_of_order" })).toBe(seconds.length - taken.length);
      }),
    );
  });

  it("of histograms keep their count, whatever their scales and bounds", async () => {
    const counts = fc.array(fc.bigInt(0n, 9n), { minLength: 1, maxLength: 20 });
    const half = fc.record({ offset: fc.integer({ min: -50, max: 50 }), bucketCounts: counts });
    const exponential = fc.record({
      ...{ scale: fc.integer({ min: -3, max: 8 }), positive: half, negative: half, zeroCount: fc.bigInt(0n, 9n) },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(exponential, { minLength: 1, maxLength: 6 }), counts, async (points, buckets) => {
        const { host, send } = await open();
        const explicitBounds = buckets.slice(1).map((_, i) => i);
        let [total, explicit] = [0n, 0n];
        for (const [second, point] of points.entries()) {
          const { positive, negative, zeroCount } = point;
          for (const count of [...positive.bucketCounts, ...negative.bucketCounts, zeroCount]) total += count;
          for (const count of buckets) explicit += count;
          const plain = { ...at(second), explicitBounds, bucketCounts: buckets };
          send(
            aMetricsRequest([
              anExponential("e", [{ ...point, ...at(second) }], "delta"),
              aHistogram("h", [plain], "delta"),
            ]),
          );
        }
        const families = read(await host.scrape());
        const countOf = (name: string) =>
          families.get(name)?.samples.find((sample) => sample.name === `${name}_count`)?.value;
        expect([countOf("e"), countOf("h")]).toEqual([Number(total), Number(explicit)]);
      }),
      { numRuns: 200 },
    );
  });
});
