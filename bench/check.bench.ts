import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { createAnswerEncoder } from "../collector/decode/ext-authz/answer.ts";
import { createCheckDecoder } from "../collector/decode/ext-authz.ts";
import type { Pipeline } from "../collector/pipeline.ts";
import type { CheckReceipt } from "../schemas/model/check-request.ts";
import { callAtRate } from "./support/call-at-rate.ts";
import { aRequest } from "./support/check-requests.ts";
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
