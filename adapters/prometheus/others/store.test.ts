import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it } from "vitest";
import { KeyValueSchema } from "../../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";
import type { Metric } from "../../../schemas/gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { parseExposition } from "../../../test/support/exposition.ts";
import {
  aGauge,
  aHistogram,
  aMetricsRequest,
  anExponential,
  aPoint,
  aSum,
  aSummary,
  pointTime,
} from "../../../test/support/otlp-metric.ts";
import { keyValues } from "../../../test/support/otlp-span.ts";
import { type FakeHost, fakeHost, openMetrics } from "../../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../../testing/metric-instance.ts";
import { config } from "../config.ts";
import { Registry } from "../registry.ts";

type Resource = Parameters<typeof aMetricsRequest>[1];
type Scope = Parameters<typeof aMetricsRequest>[2];

let host: FakeHost;
let registry: Registry;

beforeEach(async () => {
  host = fakeHost();
  registry = new Registry(host);
  await host.exposeMetrics(registry);
  define({});
});

function define(others: object, instances = [declareMetric("own", ["a"])]): void {
  registry.define(config.parse({ others, metrics: { own: { kind: "histogram" } } }), instances);
}

function send(metrics: Metric | readonly Metric[], resource: Resource = {}, scope: Scope = {}): void {
  const bytes = aMetricsRequest([metrics].flat(), resource, scope);
  registry.recordOthers({ template: "metrics", instance: "metrics", bytes, points: 1 });
}

/** Samples of all families by name and labels. */
async function samples(headers = {}): Promise<Record<string, number>> {
  const families = parseExposition(await host.scrape(headers));
  return Object.fromEntries(
    [...families.values()].flatMap((family) =>
      family.samples.map(({ name, labels, value }) => [
        name +
          Object.entries(labels)
            .map(([label, text]) => ` ${label}=${text}`)
            .join(""),
        value,
      ]),
    ),
  );
}

const dropped = (reason: string) => host.total("dropped", { metric: "metrics", reason });

/** A time so many seconds after that of points. */
const at = (seconds: number) => ({ timeUnixNano: pointTime + BigInt(seconds) * 1_000_000_000n });
const from = (seconds: number, to: number) => ({ startTimeUnixNano: at(seconds).timeUnixNano, ...at(to) });

describe("each kind of metric", () => {
  it("is shown in both formats", async () => {
    const started = { startTimeUnixNano: pointTime - 60_000_000_000n };
    send(
      [
        aSum("http.requests", [aPoint(7, { "http.method": "GET" }, started)], "cumulative", true, "{request}"),
        aGauge("memory.used", [aPoint(0.5)], "By"),
        aSum("queue.length", [aPoint(-3)], "cumulative", false),
        aHistogram(
          "http.time",
          [{ ...started, count: 6n, sum: 12.5, bucketCounts: [1n, 2n, 3n], explicitBounds: [0.5, 2] }],
          "cumulative",
          "s",
        ),
        aSummary("gc", [
          {
            count: 4n,
            sum: 2,
            quantileValues: [
              { quantile: 0.5, value: 0.25 },
              { quantile: 1, value: 1 },
            ],
          },
        ]),
      ],
      { "service.name": "cart", "service.namespace": "shop", "service.instance.id": "i1", "os.type": "linux" },
      { name: "lib", version: "1" },
    );
    expect(await host.scrape(openMetrics)).toMatchInlineSnapshot(`
      "# TYPE gc summary
      # HELP gc Metric gc.
      gc{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1",quantile="0.5"} 0.25
      gc{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1",quantile="1.0"} 1
      gc_sum{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 2
      gc_count{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 4
      # TYPE http_requests counter
      # HELP http_requests Metric http.requests.
      http_requests_total{http_method="GET",instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 7
      http_requests_created{http_method="GET",instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 1795345919.000
      # TYPE http_time_seconds histogram
      # UNIT http_time_seconds seconds
      # HELP http_time_seconds Metric http.time.
      http_time_seconds_bucket{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1",le="0.5"} 1
      http_time_seconds_bucket{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1",le="2.0"} 3
      http_time_seconds_bucket{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1",le="+Inf"} 6
      http_time_seconds_sum{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 12.5
      http_time_seconds_count{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 6
      http_time_seconds_created{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 1795345919.000
      # TYPE memory_used_bytes gauge
      # UNIT memory_used_bytes bytes
      # HELP memory_used_bytes Metric memory.used.
      memory_used_bytes{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} 0.5
      # TYPE queue_length gauge
      # HELP queue_length Metric queue.length.
      queue_length{instance="i1",job="shop/cart",otel_scope_name="lib",otel_scope_version="1"} -3
      # TYPE target_info gauge
      # HELP target_info What sends metrics.
      target_info{instance="i1",job="shop/cart",os_type="linux"} 1
      # EOF
      "
    `);
    const all = await samples();
    const around = "instance=i1 job=shop/cart otel_scope_name=lib otel_scope_version=1";
    expect(all[`http_requests_total http_method=GET ${around}`]).toBe(7);
    expect(all[`http_time_seconds_bucket ${around} le=2.0`]).toBe(3);
    expect(Object.keys(all)).toHaveLength(13);
  });

  it("takes the later value of cumulative series, with a new start where they began anew", async () => {
    const now = Number(pointTime / 1_000_000_000n);
    send(aSum("a", [aPoint(7, {}, from(-60, 0))]));
    send(aSum("a", [aPoint(9, {}, from(-60, 1))]));
    expect(await samples(openMetrics)).toEqual({ a_total: 9, a_created: now - 60 });
    send(aSum("a", [aPoint(2, {}, from(1, 2))]));
    expect(await samples(openMetrics)).toEqual({ a_total: 2, a_created: now + 1 });
  });
});

describe("deltas", () => {
  it("are added up: counters, sums that fall, histograms", async () => {
    const histogram = { count: 3n, sum: 4, bucketCounts: [1n, 2n], explicitBounds: [1] };
    for (const second of [0, 10]) {
      send([
        aSum("calls", [aPoint(3, {}, from(second - 10, second))], "delta"),
        aSum("level", [aPoint(-2, {}, from(second - 10, second))], "delta", false),
        aHistogram("took", [{ ...histogram, ...from(second - 10, second) }], "delta"),
      ]);
    }
    expect(await samples()).toEqual({
      ...{ calls_total: 6, level: -4 },
      ...{ "took_bucket le=1.0": 2, "took_bucket le=+Inf": 6, took_sum: 8, took_count: 6 },
    });
  });

  it("began when the first of them did, unless that cannot be", async () => {
    send([aSum("a", [aPoint(1, {}, from(-10, 0))], "delta"), aSum("b", [aPoint(1, {}, from(-100_000, 0))], "delta")]);
    send([aSum("a", [aPoint(1, {}, from(0, 10))], "delta")]);
    const now = Number(pointTime / 1_000_000_000n);
    expect(await samples(openMetrics)).toMatchObject({ a_created: now - 10, b_created: now });
  });

  it("go on behind a gap, and begin anew with other bounds", async () => {
    send(aSum("a", [aPoint(1, {}, from(-10, 0))], "delta"));
    send(aSum("a", [aPoint(5, {}, from(90, 100))], "delta"));
    send(aHistogram("h", [{ ...from(-10, 0), bucketCounts: [1n, 1n], explicitBounds: [1], sum: 3 }], "delta"));
    send(aHistogram("h", [{ ...from(0, 10), bucketCounts: [2n, 0n], explicitBounds: [2], sum: 1 }], "delta"));
    expect(await samples()).toEqual({
      ...{ a_total: 6, "h_bucket le=2.0": 2, "h_bucket le=+Inf": 2, h_sum: 1, h_count: 2 },
    });
  });

  it("begin anew with another created time where bounds change, of which +Inf is none", async () => {
    const buckets = (second: number, ...explicitBounds: number[]) => ({
      ...{ ...from(second - 10, second), explicitBounds, bucketCounts: [...explicitBounds, 0].map(() => 1n), sum: 1 },
    });
    send(aHistogram("h", [buckets(0, 1)], "delta"));
    send(aHistogram("h", [buckets(10, 2, Number.POSITIVE_INFINITY)], "delta"));
    const now = Number(pointTime / 1_000_000_000n);
    expect(await samples(openMetrics)).toEqual({
      ...{ "h_bucket le=2.0": 1, "h_bucket le=+Inf": 3, h_sum: 1, h_count: 3, h_created: now },
    });
  });

  it("go on from what was cumulative", async () => {
    send(aSum("a", [aPoint(7, {}, from(-10, 0))]));
    send(aSum("a", [aPoint(2, {}, from(0, 10))], "delta"));
    expect(await samples()).toEqual({ a_total: 9 });
  });
});

describe("points that are not shown are counted", () => {
  it.each<[reason: string, first: Metric, second: Metric]>([
    ["out_of_order", aSum("a", [aPoint(7)]), aSum("a", [aPoint(8)])],
    ["out_of_order", aSum("a", [aPoint(7, {}, at(5))], "delta"), aSum("a", [aPoint(8, {}, at(4))], "delta")],
    ["negative", aSum("a", [aPoint(7)]), aSum("a", [aPoint(-1, {}, at(1))], "delta")],
    ["not_finite", aSum("a", [aPoint(7)]), aSum("a", [aPoint(Number.NaN, {}, at(1))])],
    ["no_value", aSum("a", [aPoint(7)]), aSum("a", [aPoint(0, {}, { ...at(1), value: { case: undefined } })])],
    ["type", aSum("a", [aPoint(7)]), aHistogram("a", [{ count: 1n }])],
    ["name_taken", aSum("a", [aPoint(7)]), aGauge("a.total", [aPoint(1)])],
    ["name_taken", aSum("a", [aPoint(7)]), aGauge("own_count", [aPoint(1)])],
    ["name_taken", aSum("a", [aPoint(7)]), aGauge("target_info", [aPoint(1)])],
    ["labels_too_long", aSum("a", [aPoint(7)]), aSum("a", [aPoint(7, { long: "x".repeat(5000) })])],
    ["buckets", aSum("a", [aPoint(7)]), anExponential("e", [{ scale: -11, count: 1n }])],
  ])("%s", async (reason, first, second) => {
    send(first);
    send(second);
    expect(await samples()).toEqual({ a_total: 7 });
    expect(host.counted).toEqual([{ name: "dropped", labels: { metric: "metrics", reason }, value: 1 }]);
  });

  it("temporality", async () => {
    const metric = aSum("a", [aPoint(7)]);
    if (metric.data.case === "sum") metric.data.value.aggregationTemporality = 0;
    send(metric);
    expect([await samples(), dropped("temporality")]).toEqual([{}, 1]);
  });

  it("and a name that clashes is logged once", async () => {
    for (let i = 0; i < 3; i++) send(aGauge("own.sum", [aPoint(1, {}, at(i))]));
    await host.scrape();
    expect(dropped("name_taken")).toBe(3);
    expect(host.logged).toEqual([
      { level: "warn", fields: { metric: "own.sum" }, message: expect.stringContaining("belongs to another metric") },
    ]);
  });

  it("a histogram takes the place of a summary, which Envoy sends under the same name", async () => {
    const summary = aSummary("took", [{ count: 1n, sum: 1 }]);
    const histogram = aHistogram("took", [{ count: 2n, sum: 1, bucketCounts: [2n] }], "delta");
    send([summary, histogram]);
    send([aSummary("took", [{ count: 1n, sum: 1, ...at(1) }])]);
    expect(await samples()).toEqual({ "took_bucket le=+Inf": 2, took_sum: 1, took_count: 2 });
    expect(dropped("type")).toBe(1);
  });
});

describe("the budget", () => {
  it("is of all samples together; what does not fit is counted, what is there goes on", async () => {
    define({ maxSeries: 7 });
    const histogram = { bucketCounts: [1n, 1n, 1n], explicitBounds: [1, 2], sum: 1 };
    send([
      aHistogram("h", [histogram]),
      aGauge("a", [aPoint(1, { k: "1" }), aPoint(1, { k: "2" }), aPoint(1, { k: "3" })]),
    ]);
    send([aGauge("a", [aPoint(5, { k: "1" }, at(1)), aPoint(1, { k: "4" }, at(1))])]);
    expect(Object.keys(await samples())).toHaveLength(7);
    expect((await samples())["a k=1"]).toBe(5);
    expect(dropped("series_budget")).toBe(2);
    send(aHistogram("h", [{ ...at(1), bucketCounts: [1n, 1n, 1n, 1n], explicitBounds: [1, 2, 3], sum: 1 }]));
    await host.scrape();
    expect(dropped("series_budget")).toBe(3);
  });

  it("does not stop what is there already, when it is made smaller", async () => {
    const positive = { offset: 0, bucketCounts: [1n] };
    const all = (second: number) => [
      aHistogram("h", [{ ...at(second), bucketCounts: [1n, 1n], explicitBounds: [1], sum: 1 }], "delta"),
      anExponential("e", [{ ...at(second), scale: 0, positive }], "delta"),
      aSummary("s", [{ ...at(second), count: BigInt(second), quantileValues: [{ quantile: 1, value: 1 }] }]),
    ];
    send(all(1));
    define({ maxSeries: 1 });
    send(all(2));
    expect(await samples()).toMatchObject({ h_count: 4, e_count: 2, s_count: 2 });
    send(anExponential("e", [{ ...at(3), scale: 0, positive: { offset: 1, bucketCounts: [1n] } }], "delta"));
    await host.scrape();
    expect(dropped("series_budget")).toBe(1);
  });

  it("counts targets, too", async () => {
    define({ maxSeries: 2 });
    for (const name of ["a", "b"]) send(aGauge(name, [aPoint(1)]), { "service.name": "cart" });
    expect(await samples()).toEqual({ "a job=cart": 1, "target_info job=cart": 1 });
  });

  it("has room again when series have ended", async () => {
    define({ maxSeries: 1 });
    send(aGauge("a", [aPoint(1, { k: "1" })]));
    send(aGauge("a", [aPoint(1, { k: "1" }, { ...at(1), flags: 1 })]));
    send(aGauge("b", [aPoint(2)]));
    expect(await samples()).toEqual({ b: 2 });
  });
});

describe("series end", () => {
  it("where the sender says so", async () => {
    send(aGauge("a", [aPoint(1, { k: "1" }), aPoint(1, { k: "2" })]));
    send(aGauge("a", [aPoint(0, { k: "1" }, { ...at(1), flags: 1 })]));
    expect(await samples()).toEqual({ "a k=2": 1 });
  });

  it("and leave their name to others", async () => {
    send(aGauge("a", [aPoint(1)]));
    send(aGauge("a", [aPoint(0, {}, { ...at(1), flags: 1 })]));
    expect(await samples()).toEqual({});
    send(aHistogram("a", [{ count: 1n }]));
    expect(await samples()).toMatchObject({ a_count: 1 });
  });

  it("and are not found by what they were known by before", async () => {
    send(aGauge("a", [aPoint(1, { x: 1, y: 2 })]));
    send(aGauge("a", [aPoint(1, { y: 2, x: 1 }, at(1))]));
    send(aGauge("a", [aPoint(0, { y: 2, x: 1 }, { ...at(2), flags: 1 })]));
    send(aGauge("a", [aPoint(5, { x: 1, y: 2 }, at(3))]));
    expect(await samples()).toEqual({ "a x=1 y=2": 5 });
  });

  it("without being shown twice by a page that is read meanwhile", () => {
    send(aGauge("a", [aPoint(1, { k: 1 }), aPoint(1, { k: 2 })]));
    const pieces = registry
      .families("text")
      .find(({ name }) => name === "a")!
      .samples();
    send(aGauge("a", [aPoint(0, { k: 1 }, { ...at(1), flags: 1 })]));
    send(aGauge("a", [aPoint(7, { k: 1 }, at(2))]));
    expect([...pieces].join("")).toBe('a{k="2"} 1\n');
  });

  it("when nobody sent them for long, and their target with them", async () => {
    const cart = { "service.name": "cart" };
    send(aSum("a", [aPoint(1)], "delta"), cart);
    send(aGauge("b", [aPoint(1)]));
    for (let i = 0; i < 8; i++) {
      host.nowMs += 60_000;
      send(aGauge("b", [aPoint(i, {}, at(i + 1))]));
      await host.scrape();
    }
    expect(await samples()).toEqual({ b: 7 });
    expect(host.total("expired", { metric: "metrics" })).toBe(1);
    send(aSum("a", [aPoint(4, {}, at(700))], "delta"), cart);
    expect(await samples()).toMatchObject({ "a_total job=cart": 4, "target_info job=cart": 1 });
  });

  it("never with an expiry of 0", async () => {
    define({ expiry: "0" });
    send(aGauge("b", [aPoint(1)]));
    host.nowMs += 1e10;
    expect(await samples()).toEqual({ b: 1 });
  });
});

describe("labels", () => {
  it("are made of attributes of any kind; those that become the same are joined", async () => {
    const point = aPoint(1, {
      "http.status": 200,
      "http.status_": true,
      http_status: "x",
      "9th": 1.5,
      _hidden: "y",
      empty: "",
      minus: -1,
      large: 2n ** 62n,
    });
    const list = {
      case: "arrayValue" as const,
      value: { values: keyValues({ a: 1, b: "c" }).map(({ value }) => value!) },
    };
    const pairs = { case: "kvlistValue" as const, value: { values: keyValues({ z: false }) } };
    const bytes = { case: "bytesValue" as const, value: Uint8Array.of(1, 2) };
    for (const [key, value] of Object.entries({ list, pairs, bytes }))
      point.attributes.push(create(KeyValueSchema, { key, value: { value } }));
    send(aGauge("a", [point]));
    expect(await host.scrape()).toContain(
      'a{_hidden="y",bytes="AQI=",http_status="200;x",http_status_="true",key_9th="1.5",large="4611686018427387904",list="[1,\\"c\\"]",minus="-1",pairs="{\\"z\\":false}"} 1',
    );
  });

  it("that the page needs are called exported", async () => {
    send(aSummary("s", [{ count: 1n, attributes: keyValues({ quantile: "x", job: "mine" }) }]), {
      "service.name": "cart",
    });
    expect(await host.scrape()).toContain('s_count{exported_job="mine",exported_quantile="x",job="cart"} 1');
  });

  it("are the same in any order of attributes", async () => {
    send(aSum("a", [aPoint(1, { x: 1, y: 2 })], "delta"));
    send(aSum("a", [aPoint(2, { y: 2, x: 1 }, at(1))], "delta"));
    send(aSum("a", [aPoint(4, { x: 1, y: 2 }, at(2))], "delta"));
    expect(await samples()).toEqual({ "a_total x=1 y=2": 7 });
  });

  it("tell resources and scopes apart, with those attributes that are wanted", async () => {
    define({ resourceLabels: ["k8s.pod.name"], targetInfo: false });
    for (const [instance, pod] of [
      ["1", "p1"],
      ["2", "p2"],
    ] as const)
      send(
        aGauge("a", [aPoint(1)]),
        { "service.instance.id": instance, "k8s.pod.name": pod },
        { name: `lib${instance}` },
      );
    expect(Object.keys(await samples())).toEqual([
      "a instance=1 k8s_pod_name=p1 otel_scope_name=lib1",
      "a instance=2 k8s_pod_name=p2 otel_scope_name=lib2",
    ]);
    define({ scopeLabels: false, targetInfo: false });
    send(aGauge("a", [aPoint(1)]), {}, { name: "lib" });
    expect(await samples()).toEqual({ a: 1 });
  });
});

describe("metrics whose names become the same", () => {
  const both = [aSum("rq", [aPoint(1, { code: 200 })]), aSum("rq.total", [aPoint(3)])];

  it("share a family, but no series", async () => {
    send(both);
    send(aSum("rq.total", [aPoint(9, { code: 200 }, at(1))]));
    expect(await samples()).toEqual({ "rq_total code=200": 1, rq_total: 3 });
    expect(dropped("name_taken")).toBe(1);
    expect(host.logged).toHaveLength(1);
  });

  it("are told apart without suffixes, which OpenMetrics knows no counters of", async () => {
    define({ suffixes: false });
    send(both);
    expect(await samples(openMetrics)).toEqual({ "rq code=200": 1, rq_total: 3 });
    expect(await host.scrape()).toContain("# TYPE rq_total counter\nrq_total 3\n");
    expect(await host.scrape(openMetrics)).toContain("# TYPE rq_total unknown\n");
  });
});

describe("another configuration", () => {
  it("keeps series unless names or labels would be others", async () => {
    send(aSum("a.ms", [aPoint(1)], "delta", true, "ms"));
    define({ maxSeries: 10 });
    send(aSum("a.ms", [aPoint(2, {}, at(1))], "delta", true, "ms"));
    expect(await samples()).toEqual({ a_ms_milliseconds_total: 3 });
    define({ suffixes: false });
    send(aSum("a.ms", [aPoint(2, {}, at(2))], "delta", true, "ms"));
    expect(await samples()).toEqual({ a_ms: 2 });
  });

  it("forgets targets that are not wanted any more", async () => {
    send(aGauge("a", [aPoint(1)]), { "service.name": "cart" });
    define({ targetInfo: false });
    expect(await samples()).toEqual({ "a job=cart": 1 });
  });

  it("takes a name for a metric of its own", async () => {
    send(aGauge("calls", [aPoint(1)]));
    const calls = declareMetric("calls", ["code"]);
    define({}, [calls]);
    registry.record(aMetric("calls", { labels: aTuple({ code: "200" }) }));
    send(aGauge("calls", [aPoint(1, {}, at(1))]));
    expect(await samples()).toEqual({ "calls_total code=200": 1 });
  });
});

it("shows each quantile of a summary once, and none that is no quantile", async () => {
  const quantileValues = [1, 0.5, 0.5, 2, Number.NaN].map((quantile, value) => ({ quantile, value }));
  send(aSummary("s", [{ count: 1n, sum: 1, quantileValues }]));
  expect(await samples()).toEqual({ "s quantile=0.5": 2, "s quantile=1.0": 0, s_sum: 1, s_count: 1 });
});

describe("exponential histograms", () => {
  it("get bounds of powers of two, at most four for each", async () => {
    const positive = { offset: -2, bucketCounts: [1n, 2n, 3n, 4n] };
    send(anExponential("e", [{ scale: 0, count: 12n, sum: 9, zeroCount: 2n, positive }]));
    expect(await samples()).toEqual({
      ...{
        "e_bucket le=0.0": 2,
        "e_bucket le=0.5": 3,
        "e_bucket le=1.0": 5,
        "e_bucket le=2.0": 8,
        "e_bucket le=4.0": 12,
      },
      ...{ "e_bucket le=+Inf": 12, e_sum: 9, e_count: 12 },
    });
    const fine = { offset: 0, bucketCounts: Array.from({ length: 8 }, () => 1n) };
    send(anExponential("f", [{ scale: 4, count: 8n, positive: fine }]));
    const bounds = Object.keys(await samples()).filter((name) => name.startsWith("f_bucket"));
    expect(bounds.map((name) => name.slice(12))).toEqual(["0.0", "1.189207115002721", "1.4142135623730951", "+Inf"]);
  });

  it("keep bounds that were shown, and add deltas of any scale up", async () => {
    const of = (scale: number, offset: number, ...counts: bigint[]) => ({
      scale,
      positive: { offset, bucketCounts: counts },
    });
    send(anExponential("e", [{ ...of(1, 0, 1n, 1n, 1n, 1n), ...at(0) }], "delta"));
    send(anExponential("e", [{ ...of(0, 2, 5n), ...at(1) }], "delta"));
    send(anExponential("e", [{ ...of(1, 0, 1n), ...at(2) }], "delta"));
    expect(await samples()).toMatchObject({
      ...{ "e_bucket le=0.0": 0, "e_bucket le=2.0": 3, "e_bucket le=4.0": 5, "e_bucket le=8.0": 10, e_count: 10 },
    });
    send(anExponential("e", [{ ...of(0, 0, 1n), ...at(3) }]));
    expect(await samples()).toMatchObject({ "e_bucket le=2.0": 1, "e_bucket le=8.0": 1, e_count: 1 });
  });

  it("show values below zero, and take a wide range together by twos", async () => {
    const negative = { offset: 0, bucketCounts: [3n] };
    send(anExponential("n", [{ scale: 0, negative, zeroCount: 1n, zeroThreshold: 0.25 }]));
    expect(await samples()).toMatchObject({ "n_bucket le=-1.0": 3, "n_bucket le=0.25": 4, n_count: 4 });
    expect(await host.scrape(openMetrics)).not.toContain("n_count");
    const positive = { offset: -2_000_000_000, bucketCounts: [1n] };
    const far = { offset: 2_000_000_000, bucketCounts: [2n] };
    send(anExponential("w", [{ scale: 20, positive, ...at(0) }], "delta"));
    send(anExponential("w", [{ scale: 20, positive: far, ...at(1) }], "delta"));
    const wide = Object.entries(await samples()).filter(([name]) => name.startsWith("w_bucket"));
    expect(wide.length).toBeLessThan(84);
    expect(wide.at(-1)).toEqual(["w_bucket le=+Inf", 3]);
  });
});

it("shows the latest trace of a counter and of each bucket, in OpenMetrics", async () => {
  const exemplar = (value: number) => ({
    ...{ timeUnixNano: pointTime, value: { case: "asDouble" as const, value } },
    ...{ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2) },
  });
  const exemplars = [exemplar(0.5), exemplar(9)];
  send([
    aSum("a", [aPoint(1, {}, { exemplars })]),
    aHistogram("h", [{ bucketCounts: [1n, 0n, 1n], explicitBounds: [1, 2], sum: 1, exemplars }]),
    anExponential("e", [{ scale: 0, positive: { offset: 0, bucketCounts: [1n, 1n] }, exemplars }]),
  ]);
  const families = parseExposition(await host.scrape(openMetrics));
  const labels = { trace_id: "01".repeat(16), span_id: "02".repeat(8) };
  const timestamp = Number(pointTime / 1_000_000_000n);
  expect(families.get("a")!.samples[0]!.exemplar).toEqual({ labels, value: 9, timestamp });
  expect(families.get("h")!.samples.map((sample) => sample.exemplar?.value)).toEqual([
    0.5,
    undefined,
    9,
    undefined,
    undefined,
  ]);
  expect(
    families
      .get("e")!
      .samples.map((sample) => sample.exemplar?.value)
      .slice(0, 4),
  ).toEqual([undefined, 0.5, undefined, 9]);
  expect(await host.scrape()).not.toContain("trace_id");
});
