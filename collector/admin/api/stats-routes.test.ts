import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shopRequests } from "../../../test/support/shop-requests.ts";
import type { EdgesAnswer, ServicesAnswer, TimeseriesAnswer, ValuesAnswer } from "../../stats/query/query.ts";
import { anApi, someStats, startMs, type TestApi } from "./api.fixture.ts";
import { readOpenApi } from "./api-schema.fixture.ts";

describe("the statistics over HTTP", () => {
  let api: TestApi;
  let check: Awaited<ReturnType<typeof readOpenApi>>;
  let closeStats: () => Promise<void>;

  beforeAll(async () => {
    const { stats, close } = await someStats();
    closeStats = close;
    for (const request of shopRequests(startMs)) stats.record(request);
    api = await anApi({ stats });
    check = await readOpenApi(api);
  });
  afterAll(async () => {
    await api.close();
    await closeStats();
  });

  async function get<T>(path: string): Promise<T> {
    const { statusCode, body } = await api.ask(path);
    expect(body).not.toContain('"error":{');
    expect(statusCode).toBe(200);
    const answer = JSON.parse(body);
    expect(check.faults(`/api/v1${path.split("?")[0]}`, 200, answer)).toEqual([]);
    return answer;
  }

  it("lists services with their measures", async () => {
    const { services, interval, truncated, hidden } = await get<ServicesAnswer>("/stats/services");
    expect(interval).toMatchObject({ from: "2026-03-01T11:45:00Z", to: "2026-03-01T12:00:00Z", resolution: "10s" });
    expect(services).toMatchObject([
      { name: "ratings", namespace: "default", requests: 20 },
      {
        name: "reviews",
        requests: 100,
        errors: 10,
        errorRatio: 0.1,
        rate: 100 / 900,
        bytesIn: 1000,
        bytesOut: 10_000,
        classes: { "2xx": 90, "5xx": 10 },
        responses: [
          { code: 200, grpc: null, flags: null, requests: 90 },
          { code: 503, grpc: null, flags: "UF", requests: 10 },
        ],
        mtlsRatio: 1,
        seenBy: ["inbound"],
        health: { status: "failing", few: false },
      },
    ]);
    expect({ truncated, hidden }).toEqual({ truncated: false, hidden: { services: 0, requests: 0 } });
  });

  it("takes times in every form, and says the same", async () => {
    const asked = ["from=-1m", "from=2026-03-01T11:59:00Z&to=now", "from=1772366340&to=1772366400", "from=-60s&to="];
    const answers = await Promise.all(asked.map((range) => api.ask(`/stats/services?${range}`)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json().interval.seconds).toBe(60);
  });

  it("sorts and limits, and tells what is hidden", async () => {
    const answer = await get<ServicesAnswer>("/stats/services?sort=requests&limit=1");
    expect(answer).toMatchObject({
      services: [{ name: "reviews" }],
      truncated: true,
      hidden: { services: 1, requests: 20 },
    });
  });

  it("counts by reporter, filters, leaves idle ones out and compares", async () => {
    expect((await get<ServicesAnswer>("/stats/services?reporter=outbound&idle=false")).services).toEqual([]);
    const where = encodeURIComponent('response.code == 503 && destination.service.name == "reviews"');
    const { services, previous } = await get<ServicesAnswer>(`/stats/services?where=${where}&compare=-1h&idle=false`);
    expect(services).toMatchObject([{ name: "reviews", requests: 10 }]);
    expect(previous).toMatchObject({ services: [], interval: { to: "2026-03-01T11:00:00Z" } });
  });

  it("gives the graph with example traces", async () => {
    const { nodes, edges } = await get<EdgesAnswer>("/stats/edges");
    expect(nodes.map(({ id }) => id)).toEqual(["default/productpage", "default/ratings", "default/reviews"]);
    expect(edges.map(({ source, destination, requests }) => [source, destination, requests])).toEqual([
      ["default/productpage", "default/reviews", 100],
      ["default/reviews", "default/ratings", 20],
    ]);
    expect(edges[0]?.exemplars.length).toBeGreaterThan(0);
    expect(edges[0]?.exemplars[0]?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("gives the graph at each level, around a focus, and cut off", async () => {
    for (const level of ["service", "workload", "version", "namespace", "cluster"]) {
      const { edges } = await get<EdgesAnswer>(`/stats/edges?level=${level}`);
      expect(edges.reduce((sum, { requests }) => sum + requests, 0)).toBe(120);
    }
    const focus = encodeURIComponent("default/ratings");
    expect((await get<EdgesAnswer>(`/stats/edges?focus=${focus}`)).edges).toHaveLength(1);
    expect((await get<EdgesAnswer>(`/stats/edges?focus=${focus}&depth=2`)).edges).toHaveLength(2);
    const cut = await get<EdgesAnswer>("/stats/edges?limit=1");
    expect(cut).toMatchObject({ truncated: true, hidden: { edges: 1, requests: 20 } });
  });

  it("gives time series of several measures, by attributes, the rest as other", async () => {
    const { times, series } = await get<TimeseriesAnswer>(
      "/stats/timeseries?from=-1m&measure=requests,duration,errorRatio,connections&stat=p50,max&by=destination.service.name&limit=1",
    );
    expect(times).toEqual([0, 10, 20, 30, 40, 50].map((second) => startMs / 1000 - 60 + second));
    expect(series.map(({ measure, stat, labels, other }) => [measure, stat, Object.values(labels)[0], other])).toEqual(
      [
        ["reviews", undefined],
        [null, true],
      ].flatMap(([name, other]) => [
        ["requests", undefined, name, other],
        ["duration", "p50", name, other],
        ["duration", "max", name, other],
        ["errorRatio", undefined, name, other],
        ["connections", "opened", name, other],
        ["connections", "closed", name, other],
      ]),
    );
    expect(series[0]?.values).toEqual([20, 20, 20, 20, 20, 0]);
    expect(series[3]?.values).toEqual([0.1, 0.1, 0.1, 0.1, 0.1, null]);
    expect(series[2]?.values).toEqual([20, 40, 60, 80, 100, null]);
  });

  it("takes a step and compares time series", async () => {
    const { interval, times, series, previous } = await get<TimeseriesAnswer>(
      "/stats/timeseries?from=-10m&step=5m&compare=-10m",
    );
    expect(interval.resolution).toBe("5m");
    expect(times).toHaveLength(2);
    expect(series).toEqual([{ measure: "requests", labels: {}, values: [0, 120] }]);
    expect(previous).toEqual([{ measure: "requests", labels: {}, values: [0, 0] }]);
  });

  it("lists the values of an attribute", async () => {
    const { values, truncated } = await get<ValuesAnswer>("/stats/values?attribute=route.template&limit=2");
    expect(values).toEqual([
      { value: "/reviews/0", requests: 34 },
      { value: "/reviews/1", requests: 33 },
    ]);
    expect(truncated).toBe(true);
  });

  it.each([
    ["/stats/services", /^service +namespace +requests/m],
    ["/stats/edges", /^default\/productpage +default\/reviews +http +100/m],
    ["/stats/timeseries?by=destination.service.name&from=-1m", /^time +requests reviews +requests ratings$/m],
    ["/stats/values?attribute=response.code", /^200 +110$/m],
  ])("%s has a table", async (path, line) => {
    const { headers, body } = await api.ask(`${path}${path.includes("?") ? "&" : "?"}format=table`);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(body).toMatch(/^# 2026-03-01T11:\d\d:00Z to 2026-03-01T12:00:00Z, buckets of 10s/);
    expect(body).toMatch(line);
  });

  it("says the same again, and that it has not changed", async () => {
    const path = "/stats/edges?from=2026-03-01T11:59:00Z&to=2026-03-01T12:00:00Z&level=workload";
    const first = await api.ask(path);
    const tag = String(first.headers.etag);
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    expect((await api.ask(path)).body).toBe(first.body);
    const again = await api.ask(path, { headers: { "if-none-match": `"other", ${tag.slice(2)}` } });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", tag]);
    const other = await api.ask(`${path}&reporter=outbound`, { headers: { "if-none-match": tag } });
    expect(other.statusCode).toBe(200);
  });

  it("is compressed for those who take it", async () => {
    const { headers } = await api.ask("/stats/edges", { headers: { "accept-encoding": "gzip" } });
    expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect((await api.ask("/stats/edges")).headers["content-encoding"]).toBeUndefined();
  });
});
