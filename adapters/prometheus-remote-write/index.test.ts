import { hostname } from "node:os";
import { uncompressSync } from "snappy";
import { expect, it } from "vitest";
import { startServer } from "../../test/support/http-server.ts";
import { isAggregator } from "../adapter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aMetric, aTuple, declareMetric } from "../testing/metric-instance.ts";
import { readV1, readV2 } from "./decode.fixture.ts";
import { prometheusRemoteWrite } from "./index.ts";

const instances = [declareMetric("requests", ["code"])];
const never = new AbortController().signal;

/** What the next requests are answered with; 204 and nothing written after them. */
let answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
const server = await startServer((_, response) => {
  const { status, headers, body } = answers.shift() ?? { status: 204 };
  response.writeHead(status, headers).end(body);
});

async function open(params: object = {}) {
  const settings = prometheusRemoteWrite.config.parse({ url: `${server.url}/api/v1/write`, ...params });
  expect(prometheusRemoteWrite.validate?.(settings, instances)).toEqual([]);
  const host = fakeHost(instances, { fetch });
  const outlet = await prometheusRemoteWrite.open(settings, host);
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  const record = (code: string) => outlet.sums!.record(aMetric("requests", { labels: aTuple({ code }) }));
  const harvest = (isLast = false) => {
    host.nowMs += 15_000;
    return outlet.deliver(outlet.sums!.harvest(isLast), never);
  };
  return { host, outlet, record, harvest };
}

const last = () => server.received.at(-1)!;
const bodyOf = ({ body }: { body: Buffer }) => uncompressSync(body) as Buffer;
const isV2 = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
  headers["x-prometheus-remote-write-version"] === "2.0.0";

it("writes each series from its first increment to its end", async () => {
  const { host, record, harvest } = await open({ labels: { instance: "", zone: "a" } });
  const beganMs = host.nowMs;
  record("200");
  expect(await harvest()).toEqual({ status: "delivered" });
  expect(last()).toMatchObject({
    path: "/api/v1/write",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
      "user-agent": "mixdown",
    },
  });
  const labels = { __name__: "requests_total", code: "200", job: "mixdown", zone: "a" };
  const read = () => readV1(bodyOf(last())).series.map(({ labels, samples }) => ({ labels, samples }));
  expect(read()).toEqual([
    {
      labels,
      samples: [
        [0, beganMs + 7500],
        [1, beganMs + 15_000],
      ],
    },
  ]);
  record("200");
  await harvest(true);
  expect(read()).toEqual([
    {
      labels,
      samples: [
        [2, beganMs + 30_000],
        ["stale", beganMs + 30_001],
      ],
    },
  ]);
});

it("writes version 2.0 to receivers that say what they wrote", async () => {
  answers = [{ status: 204, headers: { "x-prometheus-remote-write-samples-written": "2" } }];
  const { record, harvest } = await open({ version: "2.0" });
  record("200");
  expect(await harvest()).toEqual({ status: "delivered" });
  expect(last().headers).toMatchObject({
    "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "2.0.0",
  });
  const [{ labels, metadata }] = readV2(bodyOf(last())) as [never];
  expect(labels).toEqual({ __name__: "requests_total", code: "200", instance: hostname(), job: "mixdown" });
  expect(metadata).toEqual(["COUNTER", "Instance requests.", ""]);
});

it.each([
  ["says nothing of what it wrote", { status: 200 }],
  ["refuses the content type", { status: 415 }],
])("writes version 1.0 to a receiver that %s", async (_, answer) => {
  answers = [answer, { status: 204 }];
  const { host, record, harvest } = await open({ version: "2.0" });
  const before = server.received.length;
  record("200");
  expect(await harvest()).toEqual({ status: "delivered" });
  record("200");
  await harvest();
  expect(server.received.slice(before).map(isV2)).toEqual([true, false, false]);
  expect(host.logged.map(({ level }) => level)).toEqual(["warn"]);
});

it("stays with version 2.0 through failures", async () => {
  answers = [{ status: 503 }, { status: 204, headers: { "x-prometheus-remote-write-samples-written": "2" } }];
  const { record, harvest } = await open({ version: "2.0" });
  const before = server.received.length;
  record("200");
  expect(await harvest()).toMatchObject({ status: "retry" });
  record("200");
  expect(await harvest()).toEqual({ status: "delivered" });
  expect(server.received.slice(before).map(isV2)).toEqual([true, true]);
});

it("tells how much of a refused request was written", async () => {
  const headers = { "x-prometheus-remote-write-samples-written": "1" };
  answers = [{ status: 400, headers, body: "out of order sample\n" }];
  const { record, harvest } = await open({ version: "2.0" });
  record("200");
  expect(await harvest()).toEqual({
    status: "rejected",
    reason: "the backend answered 400: out of order sample (1 of 2 samples were written)",
  });
});

it.each([
  [408, "rejected"],
  [415, "rejected"],
  [425, "rejected"],
  [501, "retry"],
  [505, "retry"],
  [599, "retry"],
])("takes %i in version 1.0 for %s", async (status, expected) => {
  answers = [{ status }];
  const { record, harvest } = await open();
  record("200");
  expect(await harvest()).toMatchObject({ status: expected });
});

it("measures points by about what they add to a request of version 1.0", async () => {
  const { host, outlet } = await open({ labels: { zone: "ä".repeat(50) } });
  for (let i = 0; i < 200; i++) outlet.sums!.record(aMetric("requests", { labels: aTuple({ code: `ö${i}` }) }));
  host.nowMs += 15_000;
  const points = outlet.sums!.harvest();
  const size = points.reduce((sum, point) => sum + outlet.sizeOf!(point), 0);
  await outlet.deliver(points, never);
  const real = bodyOf(last()).length;
  expect(real).toBeLessThan(size);
  expect(real).toBeGreaterThan(size / 3);
});

it("finds what is wrong with its settings before it opens", () => {
  const parse = (params: object) => prometheusRemoteWrite.config.safeParse({ url: "http://a/", ...params });
  const settings = parse({ tls: {}, metrics: { request: {} } }).data!;
  const problems = prometheusRemoteWrite.validate?.(settings, instances) ?? [];
  expect(problems.map(({ path }) => path.join())).toEqual(["tls", "metrics,request"]);
  for (const labels of [{ __a: "b" }, { "a.b": "c" }]) expect(parse({ labels }).success).toBe(false);
});
