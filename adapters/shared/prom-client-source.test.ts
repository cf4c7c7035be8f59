import { text } from "node:stream/consumers";
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry, Summary } from "prom-client";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../../test/support/exposition.ts";
import type { MetricsSource } from "../adapter.ts";
import { openMetrics } from "../testing/fake-host.ts";
import { answerScrape } from "./metrics-page.ts";
import { type PromClientRegistry, promClientSource } from "./prom-client-source.ts";

function aRegistry() {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({ name: "hits_total", help: "Hits.", labelNames: ["way"], registers });
  counter.inc({ way: 'a"b\\c\nd' }, 3);
  const help = "Some.\nThing";
  new Counter({ name: "bare", help, registers }).inc();
  new Gauge({ name: "level", help, registers, labelNames: ["code"] }).set({ code: 200 }, -1.5);
  new Gauge({ name: "unset", help, registers, labelNames: ["code"] });
  const histogram = new Histogram({ name: "wait_seconds", help, registers, buckets: [0.5, 1], labelNames: ["way"] });
  for (const way of ["in", "out"]) for (const seconds of [0.1, 1, 7]) histogram.observe({ way }, seconds);
  new Summary({ name: "size_bytes", help, registers, percentiles: [0.5, 1] }).observe(4);
  registry.setDefaultLabels({ hub: "one" });
  return { registry, counter };
}

async function scrape(registry: PromClientRegistry, headers = {}): Promise<string> {
  return text((await answerScrape(headers, [promClientSource(registry)])).body);
}

describe("promClientSource", () => {
  it("renders both formats from one registry, however often and in whichever order", async () => {
    const { registry } = aRegistry();
    const first = await scrape(registry, openMetrics);
    const plain = parseExposition(await scrape(registry), "text");
    expect(await scrape(registry, openMetrics)).toBe(first);
    const open = parseExposition(first, "openmetrics");
    expect([...open.keys()]).toEqual(["bare", "hits", "level", "size_bytes", "wait_seconds"]);
    expect([...plain.keys()]).toEqual(["bare_total", "hits_total", "level", "size_bytes", "wait_seconds"]);
    const samples = (families: typeof open) => [...families.values()].flatMap((family) => family.samples);
    expect(samples(open)).toEqual(samples(plain));
  });

  it("keeps label values, bounds and quantiles right", async () => {
    const families = parseExposition(await scrape(aRegistry().registry, openMetrics));
    expect(families.get("hits")!.samples).toEqual([
      { name: "hits_total", labels: { way: 'a"b\\c\nd', hub: "one" }, value: 3 },
    ]);
    expect(families.get("bare")).toMatchObject({ help: "Some.\nThing", samples: [{ name: "bare_total", value: 1 }] });
    expect(families.get("level")!.samples[0]).toMatchObject({ labels: { code: "200" }, value: -1.5 });
    const bounds = families.get("wait_seconds")!.samples.map(({ labels }) => labels.le);
    expect(bounds.slice(0, 3)).toEqual(["0.5", "1.0", "+Inf"]);
    expect(families.get("size_bytes")!.samples.map(({ labels }) => labels.quantile)).toContain("1.0");
  });

  it("shows exemplars in OpenMetrics only", async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const registers = [registry];
    const counter = new Counter({ name: "a_total", help: "A.", registers, enableExemplars: true });
    counter.inc({ value: 2, exemplarLabels: { trace_id: "abc" } });
    const [sample] = parseExposition(await scrape(registry, openMetrics)).get("a")!.samples;
    expect(sample!.exemplar).toMatchObject({ labels: { trace_id: "abc" }, value: 2 });
    expect(await scrape(registry)).not.toContain("abc");
  });

  it("sees what other sources of the page count while they are asked", async () => {
    const { registry, counter } = aRegistry();
    const other: MetricsSource = {
      families() {
        counter.inc({ way: "late" });
        return [];
      },
    };
    const document = await text((await answerScrape({}, [promClientSource(registry), other])).body);
    expect(document).toContain('way="late"');
  });
});
