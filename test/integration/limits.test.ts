import { create, fromBinary, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessLogType } from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import {
  RateLimitRequestSchema,
  RateLimitResponse_Code,
  RateLimitResponseSchema,
} from "../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { connectGrpc, type TestConnection } from "../support/grpc-client.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const method = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

const rules = [
  {
    name: "tenants",
    match: 'context.signal == "limit" && ratelimit.domain == "shop" && "tenant" in ratelimit.descriptor',
    limit: { key: ['ratelimit.descriptor["tenant"]'], rate: "5/1h", algorithm: "fixed" },
  },
  {
    name: "bursts",
    match: 'context.signal == "report" && request.path == "/burst"',
    limit: { key: ["1"], rate: "100/1h", algorithm: "fixed" },
  },
  {
    name: "running",
    match: 'context.signal == "report" && request.path == "/running"',
    limit: { key: ["1"], concurrent: 2 },
  },
  {
    name: "logged",
    match: 'context.signal == "report" && request.path == "/logged"',
    limit: { key: ["1"], concurrent: 1 },
  },
  { name: "all", match: 'request.path == "/all"', limit: { rate: "2/1h", algorithm: "fixed" } },
  // Neither says which of the two it is about.
  { name: "no-admin", match: 'request.url_path.startsWith("/admin")', deny: {} },
  {
    name: "groups",
    match: '"group" in ratelimit.descriptor',
    limit: { key: ['ratelimit.descriptor["group"]'], rate: "1/1h", algorithm: "fixed" },
  },
];

type Request = MessageInitShape<typeof RateLimitRequestSchema>;

const tenant = (value: string, more: object = {}) => ({ entries: [{ key: "tenant", value }], ...more });

let hub: RunningHub;
let connection: TestConnection;
beforeAll(async () => {
  const address = "127.0.0.1:0";
  hub = await openRunningHub({ grpc: { address }, http: { address } }, { rules });
  connection = await connectGrpc(hub.listeners.grpc as string);
});
afterAll(async () => {
  await connection.close();
  await hub.close();
});

async function call(request: Request) {
  const bytes = toBinary(RateLimitRequestSchema, create(RateLimitRequestSchema, request));
  return connection.unary(method, bytes, { "grpc-timeout": "1S" });
}

async function ask(request: Request) {
  const { status, message, messages } = await call(request);
  if (status !== 0) throw new Error(`${status}: ${message}`);
  return fromBinary(RateLimitResponseSchema, messages[0] as Buffer);
}

const post = (path: string, body: unknown) =>
  fetch(`http://${hub.listeners.http}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

async function check(attributes: object): Promise<boolean> {
  const answer = await post("/v1/check", { attributes });
  return ((await answer.json()) as { readonly allowed: boolean }).allowed;
}

describe("the rate limit service", () => {
  it("answers every descriptor by the rules, with hits of the request and of the descriptor", async () => {
    const answer = await ask({
      domain: "shop",
      hitsAddend: 2,
      descriptors: [
        tenant("a"),
        tenant("b", { hitsAddend: 6n }),
        { entries: [{ key: "other", value: "x" }] },
        tenant("a"),
      ],
    });
    expect(toJson(RateLimitResponseSchema, answer)).toMatchObject({
      overallCode: "OVER_LIMIT",
      statuses: [
        { code: "OK", limitRemaining: 3, currentLimit: { requestsPerUnit: 5, unit: "HOUR", name: "tenants" } },
        { code: "OVER_LIMIT", currentLimit: { requestsPerUnit: 5, unit: "HOUR", name: "tenants" } },
        { code: "OK" },
        { code: "OK", limitRemaining: 1 },
      ],
    });
    const headers = answer.responseHeadersToAdd.map(({ key }) => key);
    expect(headers).toEqual(["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]);
  });

  it("passes rules over that are about requests, and checks those that are about descriptors", async () => {
    const group = { domain: "any", descriptors: [{ entries: [{ key: "group", value: "g" }] }] };
    const { overallCode, statuses } = await ask(group);
    expect([overallCode, statuses[0]?.currentLimit?.name]).toEqual([RateLimitResponse_Code.OK, "groups"]);
    expect((await ask(group)).overallCode).toBe(RateLimitResponse_Code.OVER_LIMIT);
    expect(await check({ "request.path": "/other" })).toBe(true);
    expect(await check({ "request.path": "/admin" })).toBe(false);
  });

  it("gives back hits that are negative, and only looks for none", async () => {
    const left = async (more: object) =>
      (await ask({ domain: "shop", descriptors: [tenant("c", more)] })).statuses[0]?.limitRemaining;
    expect([
      await left({ hitsAddend: 4n }),
      await left({ hitsAddend: 0n }),
      await left({ hitsAddend: 3n, isNegativeHits: true }),
    ]).toEqual([1, 1, 4]);
  });

  it("holds the limit that comes with a descriptor", async () => {
    const limit = { requestsPerUnit: 1, unit: 3 };
    const one = async () => (await ask({ domain: "any", descriptors: [tenant("d", { limit })] })).overallCode;
    expect([await one(), await one()]).toEqual([RateLimitResponse_Code.OK, RateLimitResponse_Code.OVER_LIMIT]);
  });

  it.each<[string, Request, RegExp]>([
    ["no domain", { descriptors: [tenant("a")] }, /domain/],
    ["no descriptors", { domain: "shop" }, /descriptor list/],
    ["an empty descriptor", { domain: "shop", descriptors: [{}] }, /no entries/],
  ])("refuses %s as INVALID_ARGUMENT", async (_name, request, message) => {
    expect(await call(request)).toMatchObject({ status: 3, message: expect.stringMatching(message) });
  });

  it("refuses what is no message as INVALID_ARGUMENT", async () => {
    expect(await connection.unary(method, Uint8Array.of(0x0a, 9))).toMatchObject({ status: 3 });
  });
});

describe("POST /json", () => {
  it("answers 200 and 429 as the gRPC method would", async () => {
    const body = { domain: "shop", descriptors: [tenant("json")], hitsAddend: 5 };
    const [first, second] = [await post("/json", body), await post("/json", body)];
    expect([first.status, second.status, second.headers.get("content-type")]).toEqual([
      ...[200, 429, "application/json; charset=utf-8"],
    ]);
    expect(await first.json()).toMatchObject({ overallCode: "OK", statuses: [{ code: "OK" }] });
    expect(await second.json()).toMatchObject({ overallCode: "OVER_LIMIT", statuses: [{ code: "OVER_LIMIT" }] });
  });

  it.each(["{", "[]", "{}", '{"domain":"a"}', '{"domain":"a","descriptors":[{"entries":[{"key":"k"}],"limits":1}]}'])(
    "refuses %s with 400",
    async (body) => {
      const answer = await fetch(`http://${hub.listeners.http}/json`, { method: "POST", body });
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "NOT_A_LIMIT_REQUEST" } }]);
    },
  );
});

describe("limits in rules", () => {
  it("without a key are one budget for all", async () => {
    const asked = ["a", "b", "c"].map((user) => ({ "request.path": "/all", "request.auth.principal": user }));
    expect([await check(asked[0]!), await check(asked[1]!), await check(asked[2]!)]).toEqual([true, true, false]);
  });

  it("admit exactly 100 of 2,000 concurrent requests", async () => {
    const all = await Promise.all(Array.from({ length: 2000 }, () => check({ "request.path": "/burst" })));
    expect(all.filter(Boolean)).toHaveLength(100);
  });

  it("on requests at once free a place when the record of the same request id comes", async () => {
    const run = (id: string) => check({ "request.path": "/running", "request.id": id });
    expect([await run("1"), await run("2"), await run("3")]).toEqual([true, true, false]);
    await post("/v1/report", { attributes: [{ "request.id": "1" }, { "request.id": "nobody" }] });
    expect([await run("4"), await run("5")]).toEqual([true, false]);
  });

  it("on requests at once free a place when Envoy's access log of the request comes, not when it begins", async () => {
    const run = (id: string) => check({ "request.path": "/logged", "request.id": id });
    expect([await run("1"), await run("2")]).toEqual([true, false]);
    const log = async (accessLogType: AccessLogType) => {
      const commonProperties = { accessLogType, timeToLastDownstreamTxByte: { nanos: 1_000_000 } };
      const entry = { commonProperties, request: { requestId: "1" } };
      const message = create(StreamAccessLogsMessageSchema, {
        identifier: { node: { id: "proxy" }, logName: "log" },
        logEntries: { case: "httpLogs", value: { logEntry: [entry] } },
      });
      const call = connection.call("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs");
      call.send(toBinary(StreamAccessLogsMessageSchema, message));
      call.end();
      await call.outcome;
    };
    await log(AccessLogType.DownstreamStart);
    expect(await run("2")).toBe(false);
    await log(AccessLogType.DownstreamEnd);
    expect(await run("2")).toBe(true);
  });
});
