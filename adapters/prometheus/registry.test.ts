import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { InstanceDeclaration, MetricInstance } from "../../schemas/model/instance.ts";
import { parseExposition } from "../../test/support/exposition.ts";
import { type FakeHost, fakeHost, openMetrics } from "../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import { Registry } from "./registry.ts";

type Params = z.input<typeof config>;
type MetricParams = NonNullable<Params["metrics"]>[string];

const requests = declareMetric("requests", ["path"]);
const duration = declareMetric("duration", ["path"], "DURATION");
let host: FakeHost;
let registry: Registry;

function define(params: Params, ...instances: InstanceDeclaration[]): void {
  registry.define(config.parse(params), instances);
}

function record(instance: string, path: string, parts: Partial<MetricInstance> = {}): void {
  registry.record(aMetric(instance, { labels: aTuple({ path }), ...parts }));
}

/** The samples of one family by labels: `name{labels}` -> value. */
async function samples(family: string, headers = {}): Promise<Record<string, number>> {
  const found = parseExposition(await host.scrape(headers)).get(family)?.samples ?? [];
  return Object.fromEntries(
    found.map(({ name, labels, value }) => [name + Object.values(labels).map((text) => ` ${text}`), value]),
  );
}

beforeEach(async () => {
  host = fakeHost();
  registry = new Registry(host);
  await host.exposeMetrics(registry);
});

describe("counters", () => {
  it("add value times weight", async () => {
    define({}, requests);
    record("requests", "/a");
    record("requests", "/a", { value: 3, weight: 10 });
    record("requests", "/b", { value: 0 });
    expect(await samples("requests_total")).toEqual({ "requests_total /a": 31, "requests_total /b": 0 });
  });

  it("drop and count what would make them fall or no number", async () => {
    define({}, requests);
    record("requests", "/a", { value: -1 });
    record("requests", "/a", { value: NaN });
    record("requests", "/a", { value: Infinity });
    record("requests", "/a", { weight: NaN });
    expect(await samples("requests_total")).toEqual({});
    expect(host.total("dropped", { metric: "requests_total", reason: "negative" })).toBe(1);
    expect(host.total("dropped", { reason: "not_finite" })).toBe(3);
  });

  it("never double _total", async () => {
    define({ metrics: { b: { name: "b_total" } } }, declareMetric("a_total"), declareMetric("b"));
    for (const name of ["a_total", "b"]) registry.record(aMetric(name));
    expect([...parseExposition(await host.scrape()).keys()]).toEqual(["a_total", "b_total"]);
    expect([...parseExposition(await host.scrape(openMetrics)).keys()]).toEqual(["a", "b"]);
  });

  it("need no labels", async () => {
    define({ created: false }, declareMetric("a"));
    registry.record(aMetric("a"));
    expect(await host.scrape()).toContain("\na_total 1\n");
    expect(await host.scrape(openMetrics)).toContain("\na_total 1\n# EOF\n");
  });
});

describe("gauges", () => {
  it("keep the latest value, whatever it is", async () => {
    define({ metrics: { requests: { kind: "gauge" } } }, requests);
    for (const value of [5, -Infinity, -2]) record("requests", "/a", { value, weight: 7 });
    record("requests", "/b", { value: NaN });
    expect(await samples("requests")).toEqual({ "requests /a": -2, "requests /b": NaN });
  });

  it("convert durations", async () => {
    define({ metrics: { duration: { kind: "gauge" } } }, duration);
    record("duration", "/a", { value: 1_500_000_000 });
    expect(await samples("duration")).toEqual({ "duration /a": 1.5 });
  });
});

describe("histograms", () => {
  const metrics: Params["metrics"] = {
    duration: { name: "wait_milliseconds", kind: "histogram", unit: "milliseconds", buckets: [1, 10] },
  };

  it("count in the bucket whose bound is not exceeded, with weight and unit", async () => {
    define({ metrics }, duration);
    const values = [0, 999_999, 1_000_000, 1_000_001, 10_000_000, 10_000_001];
    for (const value of values) record("duration", "/a", { value, weight: 2 });
    expect(await samples("wait_milliseconds")).toEqual({
      "wait_milliseconds_bucket /a, 1.0": 6,
      "wait_milliseconds_bucket /a, 10.0": 10,
      "wait_milliseconds_bucket /a, +Inf": 12,
      "wait_milliseconds_sum /a": expect.closeTo(2 * (0.999999 + 1 + 1.000001 + 10 + 10.000001), 9),
      "wait_milliseconds_count /a": 12,
    });
  });

  it("drop and count what is not finite", async () => {
    define({ metrics }, duration);
    record("duration", "/a", { value: NaN });
    record("duration", "/a", { value: Infinity });
    await host.scrape();
    expect(host.total("dropped", { metric: "wait_milliseconds", reason: "not_finite" })).toBe(2);
  });

  it("find the bucket that a search by eye finds", () => {
    const number = (limit: number) => fc.double({ noNaN: true, min: -limit, max: limit }).map((x) => x + 0);
    const bounds = fc.uniqueArray(number(1e6), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(bounds, fc.array(number(2e6)), (some, values) => {
        const buckets = some.sort((a, b) => a - b);
        registry = new Registry(host);
        define({ metrics: { requests: { kind: "histogram", buckets } } }, requests);
        for (const value of [...buckets, ...values]) record("requests", "/", { value });
        const text = registry.families("text").flatMap(({ head, samples }) => [head, ...samples()]);
        const found = parseExposition(text.join("")).get("requests")!.samples;
        for (const { labels, value } of found.slice(0, -2)) {
          const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
          expect(value).toBe([...buckets, ...values].filter((each) => each <= bound).length);
        }
      }),
    );
  });

  it("leave sum and count out of OpenMetrics where a bound is negative", async () => {
    define({ metrics: { requests: { kind: "histogram", buckets: [-1, 1] } } }, requests);
    record("requests", "/a", { value: -5 });
    expect(await host.scrape(openMetrics)).not.toMatch(/_sum|_count/);
    expect(await samples("requests")).toMatchObject({ "requests_sum /a": -5, "requests_count /a": 1 });
  });
});

describe("the series budget", () => {
  it("keeps totals exact and other series untouched, and counts by label", async () => {
    define({ maxSeries: 10 }, requests);
    for (let i = 0; i < 1000; i++) record("requests", `/${i % 100}`);
    record("requests", "{other}", { labels: aTuple({ path: "{other}" }, "path") });
    const all = await samples("requests_total");
    expect(Object.keys(all)).toHaveLength(11);
    expect(all["requests_total /3"]).toBe(10);
    expect(all["requests_total true"]).toBe(901);
    expect(host.total("overflow", { metric: "requests_total", label: "path" })).toBe(901);
  });

  it("makes the sum of all series the sum of all records, for counters and histograms", async () => {
    const entries = fc.array(
      fc.record({ path: fc.string(), value: fc.nat(1e6), weight: fc.integer({ min: 1, max: 9 }) }),
    );
    await fc.assert(
      fc.asyncProperty(entries, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (all, maxSeries, isOpen) => {
        registry = new Registry(host);
        host.pages.clear();
        await host.exposeMetrics(registry);
        define({ maxSeries, metrics: { size: { kind: "histogram" } } }, requests, declareMetric("size", ["path"]));
        for (const { path, ...rest } of all) for (const name of ["requests", "size"]) record(name, path, rest);
        const text = await host.scrape(isOpen ? openMetrics : {});
        // The strict reader refuses raw carriage returns, which label values may hold.
        const found = [...parseExposition(text.replaceAll("\r", "?")).values()].flatMap((family) => family.samples);
        const sum = (name: string) => found.filter((each) => each.name === name).reduce((s, each) => s + each.value, 0);
        const total = all.reduce((s, each) => s + each.value * each.weight, 0);
        const weights = all.reduce((s, each) => s + each.weight, 0);
        expect([sum("requests_total"), sum("size_sum"), sum("size_count")]).toEqual([total, total, weights]);
      }),
    );
  });

  it("holds nothing of a hundred thousand refused tuples", () => {
    define({ maxSeries: 10 }, requests);
    for (let i = 0; i < 100_000; i++) record("requests", `/${i}`);
    const [family] = registry.families("text");
    expect([...family!.samples()].join("").split("\n")).toHaveLength(12);
  });
});

describe("expiry", () => {
  it("forgets idle series and lets them start anew with a new created time", async () => {
    define({ expiry: "10m" }, requests);
    record("requests", "/a", { value: 5 });
    const beganMs = host.nowMs;
    for (let minute = 0; minute < 12; minute++) {
      record("requests", "/b");
      host.nowMs += 60_000;
      await host.scrape();
    }
    expect(await samples("requests_total")).toEqual({ "requests_total /b": 12 });
    expect(host.total("expired", { metric: "requests_total" })).toBe(1);
    record("requests", "/a");
    expect(await samples("requests", openMetrics)).toEqual({
      "requests_total /a": 1,
      "requests_created /a": host.nowMs / 1000,
      "requests_total /b": 12,
      "requests_created /b": beganMs / 1000,
    });
  });

  it("happens without scrapes, as records come by", () => {
    define({ expiry: "1s" }, requests, duration);
    record("requests", "/a");
    for (let i = 0; i < 5000; i++) {
      record("duration", "/");
      host.nowMs += 10;
    }
    expect(host.total("expired", { metric: "requests_total" })).toBe(1);
  });

  it("never happens with 0", async () => {
    define({ expiry: "0" }, requests);
    record("requests", "/a");
    host.nowMs += 1e12;
    await host.scrape();
    expect(await samples("requests_total")).toEqual({ "requests_total /a": 1 });
  });

  it("leaves no trace of a histogram's former series in its slot", async () => {
    define({ expiry: "1m", metrics: { requests: { kind: "histogram", buckets: [1] } } }, requests);
    record("requests", "/a", { traceId: "abc" });
    for (let i = 0; i < 20; i++, host.nowMs += 10_000) await host.scrape();
    record("requests", "/b", { value: 2 });
    const text = await host.scrape(openMetrics);
    expect(text).not.toContain("abc");
    expect(await samples("requests")).toMatchObject({ "requests_bucket /b, 1.0": 0, "requests_count /b": 1 });
  });
});

describe("while a scrape is read", () => {
  it("shows no series twice, though one ends and comes back in another slot", () => {
    define({ expiry: "1m" }, requests);
    for (const path of ["/a", "/b"]) record("requests", path);
    const pieces = registry.families("text")[0]!.samples()[Symbol.iterator]();
    for (let i = 0; i < 20; i++, host.nowMs += 10_000) registry.families("text");
    for (const path of ["/b", "/a", "/c"]) record("requests", path);
    expect(pieces.next().value ?? "").toBe("");
  });
});

describe("redefinition", () => {
  const histogram: MetricParams = { kind: "histogram", buckets: [1, 2] };
  const before: Params = { metrics: { duration: histogram } };

  beforeEach(() => {
    define(before, requests, duration);
    record("requests", "/a", { value: 7 });
    record("duration", "/a", { value: 1.5e9 });
  });

  it.each<[string, Params, InstanceDeclaration]>([
    ["buckets", { metrics: { duration: { kind: "histogram", buckets: [1, 3] } } }, duration],
    ["unit", { metrics: { duration: { ...histogram, unit: "milliseconds" } } }, duration],
    ["kind", { metrics: { duration: {} } }, duration],
    ["name", { metrics: { duration: { ...histogram, name: "wait" } } }, duration],
    ["labels", before, declareMetric("duration", ["route"], "DURATION")],
  ])("of the %s of one leaves the others' values alone", async (_, params, instance) => {
    define(params, requests, instance);
    expect(await samples("requests_total")).toEqual({ "requests_total /a": 7 });
    expect((await host.scrape()).split("\n")).toHaveLength(4);
  });

  it("keeps everything when only texts change", async () => {
    define({ metrics: { duration: { ...histogram, help: "New." } } }, duration, requests);
    expect(await samples("duration")).toMatchObject({ "duration_count /a": 1 });
    expect(await host.scrape()).toContain("# HELP duration New.\n");
  });

  it("goes on with the same series when the rule table makes new tuples", async () => {
    define(before, requests, duration);
    record("requests", "/a");
    expect(await samples("requests_total")).toEqual({ "requests_total /a": 8 });
  });

  it("drops and counts records of the former labels and of instances that are gone", async () => {
    define(before, declareMetric("requests", ["route"]));
    record("requests", "/a");
    record("duration", "/a");
    expect(await host.scrape()).toBe("");
    expect(host.total("dropped", { metric: "requests_total", reason: "labels" })).toBe(1);
    expect(host.total("dropped", { metric: "duration", reason: "unknown_instance" })).toBe(1);
  });

  it("lets refused labels in when the budget is raised", async () => {
    define({ ...before, maxSeries: 1 }, requests, duration);
    const late = aMetric("requests", { labels: aTuple({ path: "/b" }) });
    registry.record(late);
    define({ ...before, maxSeries: 2 }, requests, duration);
    registry.record(late);
    expect(await samples("requests_total")).toMatchObject({ "requests_total /b": 1, "requests_total true": 1 });
  });
});

describe("exemplars", () => {
  it("are the latest of each bucket and counter, in OpenMetrics only", async () => {
    define({ metrics: { duration: { kind: "histogram", buckets: [1] } } }, requests, duration);
    for (const traceId of ["first", "last"]) {
      host.nowMs += 1500;
      record("requests", "/a", { value: 2, weight: 3, traceId });
      record("duration", "/a", { value: 0.5e9, traceId });
    }
    record("duration", "/a", { value: 5e9 });
    const families = parseExposition(await host.scrape(openMetrics));
    const exemplar = { labels: { trace_id: "last" }, value: 2, timestamp: host.nowMs / 1000 };
    expect(families.get("requests")!.samples[0]!.exemplar).toEqual(exemplar);
    const [within, beyond] = families.get("duration")!.samples;
    expect(within!.exemplar).toEqual({ ...exemplar, value: 0.5 });
    expect(beyond!.exemplar).toBeUndefined();
    expect(await host.scrape()).not.toContain("last");
  });

  it("pass over trace ids that the format has no room for", async () => {
    define({}, requests);
    record("requests", "/a", { traceId: "x".repeat(120) });
    expect(await host.scrape(openMetrics)).toContain("x".repeat(120));
    record("requests", "/b", { traceId: "y".repeat(121) });
    expect(await host.scrape(openMetrics)).not.toContain("yyy");
  });
});

describe("created times", () => {
  it("can be left out", async () => {
    define({ created: false }, requests);
    record("requests", "/a");
    expect(await host.scrape(openMetrics)).not.toContain("_created");
  });
});
