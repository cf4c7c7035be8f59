import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aRequest } from "../../../test/support/stats-record.ts";
import { storedAttributes } from "../../stats/dimensions.ts";
import type { StatsCounters } from "../../stats/stats.ts";
import { anApi, someStats, startMs, type TestApi } from "./api.fixture.ts";
import { type OpenApi, readOpenApi } from "./api-schema.fixture.ts";
import type { StatsQueries } from "./stats-routes.ts";

const statsPaths = ["/stats/services", "/stats/edges", "/stats/timeseries", "/stats/values"] as const;

describe("hostile queries", () => {
  let api: TestApi;
  let check: Awaited<ReturnType<typeof readOpenApi>>;
  let document: OpenApi;
  let counters: () => StatsCounters;
  let closeStats: () => Promise<void>;

  beforeAll(async () => {
    const { stats, close } = await someStats();
    closeStats = close;
    counters = () => stats.counters();
    for (let index = 0; index < 50; index++) stats.record(aRequest(startMs - 5000));
    api = await anApi({ stats });
    check = await readOpenApi(api);
    document = check.document;
  });
  afterAll(async () => {
    await api.close();
    await closeStats();
  });

  /** Refused with a body as documented; gives what is wrong by parameter. */
  async function refused(path: string): Promise<Record<string, string>> {
    const { statusCode, body, headers } = await api.ask(path);
    expect(statusCode).toBe(400);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(body).not.toMatch(/\bat .*\.ts|node_modules|SQLITE/);
    const answer = JSON.parse(body);
    expect(check.faults(`/api/v1${path.split("?")[0]}`, 400, answer)).toEqual([]);
    const details: { parameter: string; message: string }[] = answer.error.details;
    expect(details.length).toBeGreaterThan(0);
    return Object.fromEntries(details.map(({ parameter, message }) => [parameter, message]));
  }

  it("a million steps are refused, or limited to what is stored", async () => {
    for (const from of ["0", "-30d", "-5000w"]) {
      const { statusCode, body } = await api.ask(`/stats/timeseries?from=${from}&step=10s`);
      if (statusCode !== 200) expect(JSON.parse(body).error.details).toMatchObject([{ parameter: "step" }]);
      else expect(JSON.parse(body).times.length).toBeLessThanOrEqual(11_000);
    }
    for (const step of ["1", "0", "-10s", "0.001s", "1e-9", "NaN", "10s,10s"]) {
      expect(await refused(`/stats/timeseries?step=${step}`)).toHaveProperty("step");
    }
  });

  it("a `where` of 100 kB is refused, and one that nests deep", async () => {
    const long = `destination.service.name == "${"x".repeat(100_000)}"`;
    for (const path of ["/stats/services", "/stats/edges", "/stats/timeseries"]) {
      expect(await refused(`${path}?where=${encodeURIComponent(long)}`)).toHaveProperty("where");
    }
    const deep = encodeURIComponent(`${"(".repeat(1500)}true${")".repeat(1500)}`);
    expect(await refused(`/stats/services?where=${deep}`)).toHaveProperty("where");
  });

  it("every attribute in `by` is refused, and as many as are allowed are limited", async () => {
    expect(await refused(`/stats/timeseries?by=${storedAttributes.join(",")}`)).toHaveProperty("by");
    const most = storedAttributes.slice(0, 8).join(",");
    expect((await api.ask(`/stats/timeseries?by=${most}`)).statusCode).toBe(200);
    expect(await refused(`/stats/timeseries?by=${"response.code,".repeat(10_000)}`)).toHaveProperty("by");
  });

  it("unknown ids are refused", async () => {
    expect(await refused("/stats/edges?focus=nobody")).toEqual({ focus: expect.stringContaining("nobody") });
    expect(await refused(`/stats/edges?focus=${"%27%22%00".repeat(1000)}`)).toHaveProperty("focus");
    expect(await refused("/stats/edges?level=planet")).toHaveProperty("level");
  });

  it("SQL in any parameter is text like any other", async () => {
    const injections = [
      "'; DROP TABLE series; --",
      "1 OR 1=1",
      '" UNION SELECT * FROM sqlite_master --',
      "\u0000",
      "%",
    ];
    for (const path of statsPaths) {
      const names = document.paths[`/api/v1${path}`]?.get.parameters?.map(({ name }) => name) ?? [];
      expect(names.length).toBeGreaterThan(5);
      for (const name of names) {
        const needed = path === "/stats/values" && name !== "attribute" ? "attribute=request.method&" : "";
        for (const text of injections) {
          expect(await refused(`${path}?${needed}${name}=${encodeURIComponent(text)}`)).toHaveProperty(name);
        }
      }
    }
    const harmless = encodeURIComponent(`destination.service.name == "'; DROP TABLE series; --"`);
    expect((await api.ask(`/stats/values?attribute=request.method&where=${harmless}`)).json().values).toEqual([]);
    expect((await api.ask("/stats/values?attribute=request.method")).json().values).toEqual([
      { value: "GET", requests: 50 },
    ]);
  });

  it("what is wrong is told all at once, with what would be right", async () => {
    const { body } = await api.ask(
      "/stats/timeseries?from=x&from=y&measure=latency&stat=p98&by=request.path&stepp=10s",
    );
    expect(JSON.parse(body).error).toMatchObject({
      code: "INVALID_PARAMETER",
      details: expect.arrayContaining([
        { parameter: "from", message: "given more than once" },
        expect.objectContaining({ parameter: "measure", allowed: expect.arrayContaining(["duration"]) }),
        expect.objectContaining({ parameter: "stat", suggestion: "p90" }),
        expect.objectContaining({ parameter: "by", allowed: storedAttributes }),
        expect.objectContaining({ parameter: "stepp", suggestion: "step" }),
      ]),
    });
    expect(await refused("/stats/values")).toEqual({ attribute: "is required" });
  });

  it("what is wrong with `where` is told with its place", async () => {
    const detail = async (where: string) =>
      (await api.ask(`/stats/services?where=${encodeURIComponent(where)}`)).json().error.details[0];
    expect(await detail("true &&\n response.cod == 200")).toMatchObject({
      ...{ parameter: "where", line: 2, column: 2, suggestion: "response.code", allowed: storedAttributes },
    });
    expect(await detail('"request.path" == "x" || request.path == "x"')).toMatchObject({
      ...{ parameter: "where", line: 1, column: 26, allowed: storedAttributes },
    });
    expect(await detail("response.code ==")).toMatchObject({ line: 1 });
    expect(await detail("response.code")).toMatchObject({ line: 1, column: 1 });
  });

  it("names of parameters are text like any other", async () => {
    for (const name of ["__proto__", "constructor", "toString", "from[]", "from[a]", "%00", "a".repeat(10_000)]) {
      const wrong = await refused(`/stats/services?${name}=1`);
      expect(Object.values(wrong)).toEqual(["there is no such parameter"]);
    }
    const many = Array.from({ length: 5000 }, (_, index) => `p${index}=1`).join("&");
    expect(Object.keys(await refused(`/stats/services?${many}`)).length).toBeLessThanOrEqual(20);
  });

  it("none of it reached what is recorded", () => {
    expect(counters()).toMatchObject({ recorded: 50, lostRequests: 0 });
  });
});

describe("a store that gives no answer", () => {
  const failing = (kind: "timeout" | "tooLarge" | "busy" | "unavailable"): StatsQueries => {
    const answer = async () => ({ ok: false, kind, problems: [{ parameter: "from", message: "why" }] }) as const;
    return { services: answer, edges: answer, timeseries: answer, values: answer };
  };

  it.each([
    ["timeout", 503, "QUERY_TIMEOUT"],
    ["tooLarge", 400, "QUERY_TOO_LARGE"],
    ["busy", 503, "BUSY"],
    ["unavailable", 503, "UNAVAILABLE"],
  ] as const)("%s is %i %s", async (kind, status, code) => {
    const api = await anApi({ stats: failing(kind) });
    const { faults } = await readOpenApi(api);
    const { statusCode, headers, body } = await api.ask("/stats/services");
    expect(statusCode).toBe(status);
    expect(headers["retry-after"]).toBe(kind === "busy" ? "1" : undefined);
    expect(JSON.parse(body).error).toEqual({ code, message: "why", details: [{ parameter: "from", message: "why" }] });
    expect(faults("/api/v1/stats/services", status, JSON.parse(body))).toEqual([]);
    await api.close();
  });

  it("is told of when statistics are off", async () => {
    const api = await anApi({ stats: undefined });
    for (const path of [
      "/stats/services",
      "/stats/edges",
      "/stats/timeseries",
      "/stats/values?attribute=request.method",
    ]) {
      const { statusCode, body } = await api.ask(path);
      expect([statusCode, JSON.parse(body).error.code]).toEqual([503, "UNAVAILABLE"]);
    }
    await api.close();
  });
});
