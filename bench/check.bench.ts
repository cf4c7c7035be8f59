import { fileURLToPath } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { stringify } from "yaml";
import { createAnswerEncoder } from "../collector/decode/ext-authz/answer.ts";
import { createCheckDecoder } from "../collector/decode/ext-authz.ts";
import type { Pipeline } from "../collector/pipeline.ts";
import { CheckRequestSchema } from "../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import type { CheckReceipt } from "../schemas/model/check-request.ts";
import { callAtRate } from "./support/call-at-rate.ts";
import { createDefaultPipeline } from "./support/default-plan.ts";
import { type ServerProcess, startHub, startServer } from "./support/server-process.ts";
import { median, sideBySide } from "./support/side-by-side.ts";

/** Checks by ten rules: in this process, and over gRPC at a steady rate beside a grpc-js server that decides nothing. */
export interface CheckBench {
  /** From bytes to bytes, a decision that was made before. */
  readonly cachedMicroseconds: number;
  /** The same, every request with a path of its own. */
  readonly uncachedMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicroseconds: number;
  readonly baselineP50Ms: number;
  readonly baselineP99Ms: number;
  readonly baselineCpuMicroseconds: number;
}

const paths = ["admin", "internal", "debug", "metrics", "private"];
const rules = [
  ...paths.map((path) => ({
    name: path,
    match: `request.url_path.startsWith("/${path}") && request.headers["x-role"] != "admin"`,
    deny: {},
  })),
  { name: "methods", match: 'request.method == "TRACE"', deny: { status: 405 } },
  { name: "agents", match: 'request.useragent.startsWith("bad")', deny: {} },
  { name: "hosts", match: '!(request.host in ["shop.example", "api.example"])', deny: { status: 404 } },
  { name: "networks", match: 'source.ip == ip("192.0.2.66")', deny: {} },
  { name: "rest", allow: true, headers: { upstream: { set: { "x-checked": "yes" } } } },
];

/** A request as Envoy sends it, some 800 bytes. */
function aRequest(n: number): Uint8Array {
  const address = (ip: string, port: number) =>
    ({
      address: {
        address: { case: "socketAddress", value: { address: ip, portSpecifier: { case: "portValue", value: port } } },
      },
    }) as const;
  const path = `/orders/${n}?page=${n % 10}`;
  const headers = {
    ...{ ":authority": "shop.example", ":method": "GET", ":path": path, ":scheme": "http", accept: "*/*" },
    ...{ "user-agent": "Mozilla/5.0 (X11; Linux x86_64)", "x-forwarded-proto": "http", "accept-encoding": "gzip" },
    ...{ "x-forwarded-for": "192.0.2.2", "x-request-id": `f53f65d8-d0b3-48cb-ae4e-${String(n).padStart(12, "0")}` },
    ...{ "x-role": "user", cookie: "session=0123456789abcdef", "x-envoy-external-address": "192.0.2.2" },
  };
  return toBinary(
    CheckRequestSchema,
    create(CheckRequestSchema, {
      attributes: {
        source: { ...address("10.0.0.7", 40_000 + (n % 1000)), principal: "spiffe://cluster.local/ns/shop/sa/web" },
        destination: { ...address("10.0.0.8", 8080), labels: { app: "orders", version: "v2" } },
        request: {
          time: { seconds: 1_800_000_000n, nanos: n },
          http: {
            id: String(n),
            method: "GET",
            path,
            host: "shop.example",
            scheme: "http",
            protocol: "HTTP/1.1",
            headers,
          },
        },
      },
    }),
  );
}

/** Measures both. */
export async function runCheckBench(): Promise<CheckBench> {
  const one = [aRequest(1)];
  const many = Array.from({ length: 50_000 }, (_, n) => aRequest(n));
  const { pipeline, close } = await createDefaultPipeline(false, stringify({ rules }));
  const rates = sideBySide({ cached: checking(pipeline, one), uncached: checking(pipeline, many) });
  await close();
  const hub = await startHub(stringify({ rules }));
  const plain = await startServer(fileURLToPath(new URL("./baseline/check-server.ts", import.meta.url)));
  try {
    const ours: Steady[] = [];
    const theirs: Steady[] = [];
    for (let round = -1; round < rounds; round++) {
      const pair = [await steady(hub, many), await steady(plain, many)] as const;
      if (round >= 0) [ours.push(pair[0]), theirs.push(pair[1])];
    }
    const [hubs, plains] = [middle(ours), middle(theirs)];
    return {
      ...{ cachedMicroseconds: 1e6 / rates.cached, uncachedMicroseconds: 1e6 / rates.uncached },
      ...{ p50Ms: hubs.p50Ms, p99Ms: hubs.p99Ms, cpuMicroseconds: hubs.cpuMicroseconds },
      ...{ baselineP50Ms: plains.p50Ms, baselineP99Ms: plains.p99Ms },
      baselineCpuMicroseconds: plains.cpuMicroseconds,
    };
  } finally {
    await Promise.all([hub.stop(), plain.stop()]);
  }
}

const rounds = 5;
const perSecond = 3000;
const sliceMs = 2000;

/** Answers requests in turn, from bytes to bytes. */
function checking(pipeline: Pipeline, requests: readonly Uint8Array[]): () => number {
  const [decoder, encoder] = [createCheckDecoder(), createAnswerEncoder()];
  const listener = { reporter: "inbound", trustedHops: 0 } as const;
  let at = 0;
  return () => {
    const check = decoder.decode(requests[at++ % requests.length] as Uint8Array, listener);
    const receipt = pipeline.check({ check, byDefault: "deny", waitsMs: 200 }) as CheckReceipt; // no rule waits
    if (!("verdict" in receipt) || !receipt.verdict.allowed) throw new Error(JSON.stringify(receipt));
    encoder.encode(receipt.verdict, false);
    return 1;
  };
}

interface Steady {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicroseconds: number;
}

async function steady(server: ServerProcess, requests: readonly Uint8Array[]): Promise<Steady> {
  const cpuBefore = server.cpuSeconds();
  const took = await callAtRate(server.grpc, requests, { perSecond, ms: sliceMs });
  const sorted = [...took].sort((a, b) => a - b);
  const rank = (q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
  return {
    ...{ p50Ms: rank(0.5), p99Ms: rank(0.99) },
    cpuMicroseconds: ((server.cpuSeconds() - cpuBefore) * 1e6) / took.length,
  };
}

function middle(figures: readonly Steady[]): Steady {
  const of = (name: keyof Steady) => median(figures.map((each) => each[name]));
  return { p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), cpuMicroseconds: of("cpuMicroseconds") };
}
