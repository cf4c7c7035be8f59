import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVocabulary } from "../../../schemas/attributes/vocabulary.ts";
import { storedAttributes } from "../../stats/dimensions.ts";
import { anApi, startMs, type TestApi } from "./api.fixture.ts";
import { readOpenApi } from "./api-schema.fixture.ts";
import type { HandlerRow } from "./hub-routes.ts";

const aHandler = (name: string): HandlerRow => ({
  ...{
    name,
    adapter: "prometheus",
    state: "open",
    instances: ["r"],
    records: 10,
    filtered: 4,
    sampling: { waiting: 0, leftOut: {} },
    received: 6,
    recovered: 0,
  },
  ...{ delivered: 6, dropped: {}, deadLettered: 0, pending: 0, queue: { items: 0, bytes: 0, oldestMs: undefined } },
  ...{ underWay: 0, concurrency: 1, breaker: "closed", retries: 0, lastError: undefined, lastDeliveredMs: undefined },
  overflow: 0,
});
const troubled: Partial<HandlerRow> = {
  ...{ dropped: { type: 2 }, pending: 4, breaker: "open", lastError: { atMs: startMs, reason: "503" } },
  queue: { items: 4, bytes: 400, oldestMs: startMs - 5000 },
};

const paths = ["/stats/services", "/stats/edges", "/stats/timeseries", "/stats/values"];
const decisionPaths = ["/decisions", "/stats/decisions"];
const hubPaths = ["/proxies", "/attributes", "/config", "/handlers"];

describe("the API", () => {
  let api: TestApi;
  let check: Awaited<ReturnType<typeof readOpenApi>>;

  beforeAll(async () => {
    const declared = { name: "mesh.team", type: "STRING", meaning: "Who runs it." } as const;
    api = await anApi({
      vocabulary: () => createVocabulary([declared]),
      proxies: {
        overflow: 1,
        statistics: { rows: () => [] },
        rows: () => [
          {
            ...{ node: "sidecar~1", cluster: "shop", logName: "http", version: "1.38.0", streams: 1, messages: 2 },
            ...{ entries: 30, malformed: 0, firstSeenMs: startMs, lastSeenMs: startMs },
            ...{ entriesPerSecond: 0.5, clockSkewMs: -20 },
          },
        ],
      },
      config: () => ({
        sources: [{ file: "mesh.yaml", sha256: "ab" }],
        revision: "abc",
        loadedMs: startMs,
        config: { rules: [], listeners: { admin: { address: "127.0.0.1:0" } } },
      }),
      handlers: async () => [aHandler("p2"), { ...aHandler("p1"), ...troubled }],
    });
    check = await readOpenApi(api);
  });
  afterAll(() => api.close());

  async function get(path: string) {
    const { statusCode, body } = await api.ask(path);
    expect(statusCode).toBe(200);
    const answer = JSON.parse(body);
    expect(check.faults(`/api/v1${path}`, 200, answer)).toEqual([]);
    return answer;
  }

  it("tells of proxies", async () => {
    expect(await get("/proxies")).toMatchObject({
      proxies: [{ node: "sidecar~1", logNames: ["http"], entriesPerSecond: 0.5, clockSkewMs: -20 }],
      overflow: 1,
    });
  });

  it("tells of attributes, sorted, with those that statistics store", async () => {
    const { attributes } = await get("/attributes");
    const names: string[] = attributes.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...names].sort());
    const stored = attributes.filter((attribute: { stored: boolean }) => attribute.stored);
    expect(stored.map(({ name }: { name: string }) => name)).toEqual(storedAttributes);
    expect(attributes).toContainEqual({
      ...{ name: "mesh.team", type: "STRING", meaning: "Who runs it.", stored: false, otel: null },
    });
  });

  it("tells of the configuration", async () => {
    expect(await get("/config")).toEqual({
      revision: "abc",
      loadedAt: "2026-03-01T12:00:00.000Z",
      sources: [{ file: "mesh.yaml", sha256: "ab" }],
      config: { rules: [], listeners: { admin: { address: "127.0.0.1:0" } } },
    });
  });

  it("tells of handlers, sorted", async () => {
    const { handlers } = await get("/handlers");
    expect(handlers).toMatchObject([
      {
        ...{ name: "p1", dropped: { type: 2 }, breaker: "open" },
        queue: {
          items: 4,
          bytes: 400,
          oldest: new Date(startMs - 5000).toISOString(),
          oldestAgeMs: expect.any(Number),
        },
        lastError: { at: new Date(startMs).toISOString(), reason: "503" },
      },
      { name: "p2", queue: { oldest: null, oldestAgeMs: null }, lastError: null, lastDelivered: null },
    ]);
  });

  it.each(["/proxies", "/attributes", "/handlers"])("%s has a table", async (path) => {
    const { body, headers } = await api.ask(`${path}?format=table`);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(body.split("\n").length).toBeGreaterThan(2);
    expect(body).toMatch(/sidecar~1|mesh\.team|prometheus/);
  });

  it("documents itself: every path with its parameters, defaults by type, and no more", async () => {
    const { document } = check;
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).sort()).toEqual(
      [...paths, ...decisionPaths, ...hubPaths].map((path) => `/api/v1${path}`).sort(),
    );
    const parameters = document.paths["/api/v1/stats/timeseries"]?.get.parameters ?? [];
    const byName = Object.fromEntries(parameters.map(({ name, ...rest }) => [name, rest]));
    expect(Object.keys(byName).sort()).toEqual([
      ...["by", "compare", "format", "from", "limit", "measure", "reporter", "stat", "step", "to", "where"],
    ]);
    expect(byName.limit?.schema).toMatchObject({ type: "integer", default: 20, minimum: 1, maximum: 500 });
    expect(byName.stat?.schema).toMatchObject({ type: "array", default: ["p50", "p95", "p99"] });
    expect(byName.by).toMatchObject({ in: "query", required: false, style: "form", explode: false });
    const values = document.paths["/api/v1/stats/values"]?.get.parameters ?? [];
    expect(values.filter(({ required }) => required).map(({ name }) => name)).toEqual(["attribute"]);
    for (const { get } of Object.values(document.paths))
      expect(Object.keys(get.responses)).toEqual(["200", "400", "503"]);
    const text = JSON.stringify(document);
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name);
    }
    expect(text).not.toContain("$defs");
  });

  it.each([...paths, ...hubPaths, "/openapi.json"])("%s is to be read, and nothing else", async (path) => {
    const url = path === "/stats/values" ? `${path}?attribute=request.method` : path;
    const [get, head] = [await api.ask(url), await api.ask(url, { method: "HEAD" })];
    expect([head.statusCode, head.body]).toEqual([get.statusCode, ""]);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
      const refused = await api.ask(url, { method, payload: "a=b", headers: { "content-type": "x/y" } });
      expect([refused.statusCode, refused.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
      expect(refused.json().error.code).toBe("METHOD_NOT_ALLOWED");
    }
    const origin = { origin: "https://elsewhere.example", "access-control-request-method": "GET" };
    const options = await api.ask(url, { method: "OPTIONS", headers: origin });
    expect([options.statusCode, options.headers.allow]).toEqual([204, "GET, HEAD, OPTIONS"]);
    for (const { headers } of [get, options])
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it("leaves Prometheus' own paths free", async () => {
    for (const path of [
      ...["/query", "/query_range", "/query_exemplars", "/labels", "/label/x/values", "/series", "/metadata"],
      ...["/rules", "/alerts", "/targets", "/status/config", "/status/buildinfo", "", "/", "/stats", "/stats/nothing"],
    ]) {
      const { statusCode, body } = await api.ask(path);
      expect([path, statusCode]).toEqual([path, 404]);
      expect(JSON.parse(body).error).toEqual({ code: "NOT_FOUND", message: expect.any(String), details: [] });
    }
  });

  it("takes no parameters where there are none", async () => {
    const { statusCode, body } = await api.ask("/config?format=table");
    expect([statusCode, JSON.parse(body).error.details[0].parameter]).toEqual([400, "format"]);
  });
});
