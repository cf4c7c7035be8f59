import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EdgesAnswer, Measures, ServicesAnswer, TimeseriesAnswer } from "../../collector/stats/query/query.ts";
import { accessLogClient } from "./support/als-client.ts";
import { httpMessage } from "./support/als-messages.ts";
import { temporaryFolder } from "./support/folder.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import {
  entriesByProxy,
  type MeshRequest,
  makeRequests,
  nodeIdOf,
  nodeMessage,
  proxies,
} from "./support/mesh-traffic.ts";
import { nodeId, quantile, type Side, seenBy, type Truth, truthOf } from "./support/mesh-truth.ts";
import { measured } from "./support/needs.ts";
import { pause, waitUntil } from "./support/wait.ts";

const hostile = [
  "/stats/timeseries?from=0&step=10s&measure=requests,duration,errorRatio&stat=p50,p90,p95,p99,mean,max",
  "/stats/timeseries?from=-30d&by=source.workload.name,destination.workload.name,response.code,request.method&limit=500",
  `/stats/services?where=${encodeURIComponent(`${"(".repeat(190)}true${")".repeat(190)}`)}`,
  `/stats/services?where=${encodeURIComponent(Array(400).fill("response.code == 1").join(" || ")).slice(0, 12_000)}`,
  `/stats/edges?focus=${"%00".repeat(2000)}`,
  "/stats/edges?level=version&limit=5000&compare=-1h",
  "/stats/values?attribute=destination.service.name';DROP TABLE series;--",
  `/stats/services?where=${"x".repeat(100_000)}`,
  "/config",
  "/openapi.json",
];

const entries = 10_000;
const spreadMs = 50_000;
const perMessage = 100;

async function send(hub: Hub, requests: readonly MeshRequest[]): Promise<void> {
  const client = accessLogClient(hub.listeners.grpc ?? "");
  await Promise.all(
    entriesByProxy(requests).map(async (list, proxy) => {
      const stream = client.open();
      await stream.send(nodeMessage(proxy));
      for (let at = 0; at < list.length; at += perMessage)
        await stream.send(httpMessage(list.slice(at, at + perMessage)));
      await stream.end();
    }),
  );
  client.close();
}

/** Holds what the API says of something against the truth. */
function expectTruth(measures: Measures | undefined, truth: Truth): void {
  const { requests, errors, bytesIn, bytesOut, classes } = truth;
  expect(measures).toMatchObject({ requests, errors, bytesIn, bytesOut, classes, errorRatio: errors / requests });
  const responses = measures?.responses.map(({ code, grpc, flags, requests }) => [
    `${code} ${grpc} ${flags}`,
    requests,
  ]);
  expect(Object.fromEntries(responses ?? [])).toEqual(truth.responses);
  for (const percent of [50, 90, 95, 99] as const)
    expectWithin(measures?.durationMs[`p${percent}`], quantile(truth, percent));
  expect(measures?.durationMs.max).toBeCloseTo(truth.durationsMs.at(-1) ?? Number.NaN, 5);
}

function expectWithin(answer: number | null | undefined, truth: number): void {
  expect(Math.abs((answer ?? Number.NaN) - truth) / truth).toBeLessThanOrEqual(0.01);
}

describe("10,000 entries on 12 streams", () => {
  let hub: Hub;
  let requests: MeshRequest[];
  let range: string;
  const data = temporaryFolder("api-data");

  beforeAll(async () => {
    hub = await startHub({ dataDir: data.path });
    const endMs = Date.now();
    requests = makeRequests(entries, endMs, spreadMs);
    const bounds = [endMs - spreadMs, endMs + 10_000].map((ms) => Math.floor(ms / 10_000) * 10);
    range = `from=${bounds[0]}&to=${bounds[1]}`;
    await send(hub, requests);
    await waitUntil(
      "all entries to be recorded",
      async () => (await hub.total("mixdown_stats_records_total")) >= entries,
    );
  });
  afterAll(async () => {
    await hub.stop();
    data.remove();
  });

  async function ask<T>(path: string): Promise<T> {
    const response = await hub.get(`/api/v1${path}`);
    const body = await response.text();
    expect([response.status, body.slice(0, 200)]).toEqual([200, expect.not.stringContaining('error":{')]);
    return JSON.parse(body);
  }

  const services = (side: Side) => ask<ServicesAnswer>(`/stats/services?${range}&reporter=${side}&idle=false`);
  const edges = (side: Side) => ask<EdgesAnswer>(`/stats/edges?${range}&reporter=${side}&idle=false`);

  test("all entries came, each once", async () => {
    const all = [seenBy(requests, "inbound"), seenBy(requests, "outbound")].flat();
    expect(all).toHaveLength(entries);
    expect(await hub.total("mixdown_stats_records_total")).toBe(entries);
  });

  test.each(["auto", "inbound", "outbound"] as const)("services equal the truth as %s sees it", async (side) => {
    const seen = Map.groupBy(seenBy(requests, side), ({ request }) => request.server);
    const answer = await services(side);
    expect(answer.services.map(({ name }) => name).sort()).toEqual([...seen.keys()].sort());
    for (const [name, list] of seen)
      expectTruth(
        answer.services.find((service) => service.name === name),
        truthOf(list),
      );
  });

  test.each(["auto", "inbound", "outbound"] as const)("edges equal the truth as %s sees it", async (side) => {
    const nameOf = (source: string, destination: string) => `${source} -> ${destination}`;
    const seen = Map.groupBy(seenBy(requests, side), ({ request }) =>
      nameOf(nodeId(request.client), nodeId(request.server)),
    );
    const answer = await edges(side);
    const byName = new Map(answer.edges.map((edge) => [nameOf(edge.source, edge.destination), edge]));
    expect([...byName.keys()].sort()).toEqual([...seen.keys()].sort());
    expect(answer.edges).toHaveLength(seen.size);
    for (const [name, list] of seen) expectTruth(byName.get(name), truthOf(list));
  });

  test("time series by service add up to the truth in every step", async () => {
    const { times, series } = await ask<TimeseriesAnswer>(
      `/stats/timeseries?${range}&measure=requests,errors,duration&stat=p90&by=destination.service.host&step=10s`,
    );
    const seen = Map.groupBy(seenBy(requests, "auto"), ({ request, nanos }) => {
      return Math.floor((request.startMs + nanos / 1e6) / 10_000) * 10;
    });
    const linesOf = (measure: string) => series.filter((line) => line.measure === measure);
    for (const [step, time] of times.entries()) {
      const truth = truthOf(seen.get(time) ?? []);
      for (const measure of ["requests", "errors"] as const) {
        const sum = linesOf(measure).reduce((total, { values }) => total + (values[step] ?? 0), 0);
        expect([time, measure, sum]).toEqual([time, measure, truth[measure]]);
      }
    }
  });

  test("a filter counts what it says", async () => {
    const where = encodeURIComponent('response.code == 404 && source.workload.name == "web"');
    const { services } = await ask<ServicesAnswer>(`/stats/services?${range}&where=${where}&idle=false`);
    const seen = seenBy(requests, "auto").filter(({ request }) => request.code === 404 && request.client === "web");
    const sum = services.reduce((total, service) => total + service.requests, 0);
    expect(sum).toBe(seen.length);
  });

  test("the proxies are known", async () => {
    const { proxies: rows } = await ask<{ proxies: ProxyAnswer[] }>("/proxies");
    expect(rows.map(({ node }) => node)).toEqual(Array.from({ length: proxies }, (_, proxy) => nodeIdOf(proxy)).sort());
    expect(rows.reduce((sum, row) => sum + row.entries, 0)).toBe(entries);
    // Entries end within the last 50 s before they are sent, the last of each message at most so long ago.
    for (const { clockSkewMs } of rows) {
      expect(clockSkewMs).toBeGreaterThan(-1000);
      expect(clockSkewMs).toBeLessThan(spreadMs + 60_000);
    }
  });

  test("after kill -9, 12 s after the last entry, the sums are the same", async () => {
    await pause(12_000);
    const before = { services: await services("auto"), edges: await edges("auto") };
    hub.process.signal("SIGKILL");
    expect(await hub.process.ended()).toBe("SIGKILL");
    await hub.stop();
    hub = await startHub({ dataDir: data.path });
    measured("start after kill -9 with 10,000 entries stored", `${hub.readyMs.toFixed(0)} ms`);
    expect({ services: await services("auto"), edges: await edges("auto") }).toEqual(before);
  });
});

describe("hostile queries while entries come in", () => {
  test("are answered or refused, and every entry is counted", async () => {
    const hub = await startHub();
    const requests = makeRequests(40_000, Date.now(), spreadMs);
    const statuses = new Map<number, number>();
    let sending = true;
    const attack = async () => {
      for (let at = 0; sending || at < hostile.length; at++) {
        const { status, body } = await hub.get(`/api/v1${hostile[at % hostile.length]}`);
        await body?.cancel();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const attacks = Array.from({ length: 30 }, attack);
    await send(hub, requests);
    const recorded = () => hub.total("mixdown_stats_records_total");
    await waitUntil("all entries to be recorded", async () => (await recorded()) >= 40_000);
    sending = false;
    await Promise.all(attacks);
    measured("answers under attack, by status", JSON.stringify(Object.fromEntries(statuses)));
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 400, 431]));
    expect([...statuses.keys()].filter((status) => ![200, 400, 431, 503].includes(status))).toEqual([]);
    expect(await recorded()).toBe(40_000);
    expect(await hub.total("mixdown_stats_lost_requests_total")).toBe(0);
    const { services } = JSON.parse(await (await hub.get("/api/v1/stats/services?from=-5m")).text()) as ServicesAnswer;
    const sum = services.reduce((total, service) => total + service.requests, 0);
    expect(sum).toBe(seenBy(requests, "auto").length);
    expect(await hub.stop()).toBe(0);
  });
});

describe("the hub about itself", () => {
  const fromEnvironment = `\${env:MAX_TEMPLATES}`;
  const settings = (learn: boolean) => ({
    ...freePorts,
    routes: { learn, maxTemplates: fromEnvironment },
  });

  test("its configuration, without what the environment gave, and after a reload", async () => {
    const hub = await startHub({ settings: settings(true), base: [], env: { MAX_TEMPLATES: "987" } });
    const read = async () => (await (await hub.get("/api/v1/config")).json()) as ConfigAnswer;
    const first = await read();
    expect(first.config).toMatchObject({ routes: { learn: true, maxTemplates: fromEnvironment } });
    expect(JSON.stringify(first)).not.toContain("987");
    expect(first.sources.map(({ file }) => file)).toEqual([hub.configFile]);
    hub.configure(settings(false));
    await waitUntil("the changed configuration", async () => (await read()).revision !== first.revision);
    const second = await read();
    expect(second.config).toMatchObject({ routes: { learn: false } });
    expect(second.loadedAt > first.loadedAt).toBe(true);
    expect(second.config.listeners).toEqual(first.config.listeners);
    await hub.stop();
  });

  test("its handlers and its vocabulary", async () => {
    const hub = await startHub();
    const handlers = await (await hub.get("/api/v1/handlers?format=table")).text();
    expect(handlers).toMatch(/^prometheus +prometheus +0 +0 +0 +0 +closed +-$/m);
    const attributes = await (await hub.get("/api/v1/attributes?format=table")).text();
    expect(attributes).toMatch(/^request\.path +STRING +no +\S/m);
    await hub.stop();
  });
});

interface ProxyAnswer {
  readonly node: string;
  readonly entries: number;
  readonly clockSkewMs: number | null;
}

interface ConfigAnswer {
  readonly revision: string;
  readonly loadedAt: string;
  readonly sources: readonly { readonly file: string }[];
  readonly config: Readonly<Record<string, unknown>>;
}
