import { loadavg } from "node:os";
import { create, toBinary } from "@bufbuild/protobuf";
import { RateLimitRequestSchema } from "../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { findPeer, type PeerProgram } from "../test/support/peers.ts";
import { askAtFull, askSteadily } from "./support/ask-servers.ts";
import { aRequest } from "./support/check-requests.ts";
import { type AskedServer, bareGo, bareNode, checkingHub, opaServer } from "./support/check-servers.ts";
import { costInProcess } from "./support/check-works.ts";
import { limitingHub, limitingHubWithRedis, ratelimitServer } from "./support/limit-servers.ts";

/** One line: what was asked, and what it cost. */
export interface CheckRow {
  readonly what: string;
  /** Microseconds of processor time for each, of all threads of the server. */
  readonly cpu: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly failed?: number;
  /** Calls answered in a second of one core's time, when asked as fast as it answers. */
  readonly perCoreSecond?: number;
  /** How busy the machine was: processes that could run. */
  readonly load?: number;
}

/** A server to ask, and the programs without which it cannot be. */
interface Candidate {
  readonly start: () => Promise<AskedServer>;
  readonly needs?: readonly PeerProgram[];
}

const perSecond = 3000;

const checkers: Readonly<Record<string, Candidate>> = {
  hub: { start: checkingHub },
  "OPA's SDK, grpc-go": { start: opaServer, needs: ["opa-extauthz"] },
  "grpc-go, decides nothing": { start: bareGo, needs: ["grpc-go-bare"] },
  "grpc-js, decides nothing": { start: bareNode },
};

const limiters: Readonly<Record<string, Candidate>> = {
  "hub, in memory": { start: limitingHub },
  "hub, with Redis": { start: limitingHubWithRedis, needs: ["redis-server"] },
  "ratelimit, with Redis": { start: ratelimitServer, needs: ["ratelimit", "redis-server"] },
};

/** Checks by ten rules: in this process, then over gRPC at a steady rate beside other servers; rate limit requests beside envoyproxy/ratelimit. */
export async function runCheckBench(): Promise<CheckRow[]> {
  const checks = Array.from({ length: 50_000 }, (_, n) => aRequest(n));
  const own = await costInProcess(checks);
  const limits = Array.from({ length: 100 }, (_, n) => aLimitRequest(n));
  return [
    ...Object.entries(own).map(([what, cpu]) => ({ what: `in process: ${what}`, cpu })),
    ...(await askAll("ext_authz", checkers, "/envoy.service.auth.v3.Authorization/Check", checks)),
    ...(await askAll(
      "ext_authz again and again",
      checkers,
      "/envoy.service.auth.v3.Authorization/Check",
      checks.slice(0, 1),
    )),
    ...(await askAll("rate limit", limiters, "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit", limits)),
  ];
}

async function askAll(
  what: string,
  candidates: Readonly<Record<string, Candidate>>,
  method: string,
  requests: readonly Uint8Array[],
): Promise<CheckRow[]> {
  const servers: Record<string, AskedServer> = {};
  try {
    for (const [name, { start, needs = [] }] of Object.entries(candidates)) {
      const missing = needs.filter((peer) => findPeer(peer) === undefined);
      if (missing.length === 0) servers[name] = await start();
      else console.warn(`${name}: left out, since ${missing.join(", ")} is missing; .ci/install-peers brings it`);
    }
    const figures = await askSteadily(servers, { method, requests, perSecond });
    const atFull = await askAtFull(servers, { method, requests });
    const load = loadavg()[0] as number;
    return Object.entries(figures).map(([name, { cpuMicroseconds, ...rest }]) => ({
      ...{
        what: `${what}, ${perSecond}/s: ${name}`,
        cpu: cpuMicroseconds,
        ...rest,
        perCoreSecond: atFull[name] as number,
        load,
      },
    }));
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

function aLimitRequest(n: number): Uint8Array {
  const descriptors = [{ entries: [{ key: "tenant", value: `tenant-${n}` }] }];
  return toBinary(RateLimitRequestSchema, create(RateLimitRequestSchema, { domain: "bench", descriptors }));
}
