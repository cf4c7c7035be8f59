import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { CheckRequestSchema, CheckResponseSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import {
  RateLimitRequestSchema,
  RateLimitResponseSchema,
} from "../../schemas/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { connectLoad, type LoadAnswer } from "../support/grpc-load.ts";
import { temporaryFolder } from "./support/folder.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { type Changing, keepReloading, keepRewriting } from "./support/keep-reloading.ts";
import { measured } from "./support/needs.ts";

const perSecond = 5000;
const ms = 8000;

const folder = temporaryFolder("reload-checks");
const limitsFile = join(folder.path, "limits.yaml");
const limitsOf = (round: number) => ({
  domain: "shop",
  descriptors: ["a", "b"].map((key) => ({
    ...{ key, rate_limit: { unit: "hour", requests_per_unit: 1_000_000_000 + round } },
  })),
});

const says = (round: number) => ({ "x-round": { value: `"${round}"` }, "x-again": `${round}` });

/** What refuses and what allows tells its round in several places; the many rules before them make a reload some work. */
const settings = (round: number) => ({
  ...freePorts,
  handlers: { limits: { adapter: "ratelimit", params: { files: limitsFile, refresh: "100ms" } } },
  rules: [
    ...Array.from({ length: 50 }, (_, n) => ({
      ...{ name: `no ${n}`, match: `request.url_path.startsWith("/no/${n}/") && request.method != "GET"`, deny: {} },
    })),
    {
      ...{ name: "odd", match: 'request.url_path.endsWith("1")', metadata: { round: `${round}` } },
      deny: { status: 403, headers: says(round), body: `${round}` },
    },
    { name: "all", allow: true, headers: { upstream: { set: says(round) } }, metadata: { round: `${round}` } },
  ],
});

let hub: Hub;
beforeAll(async () => {
  writeFileSync(limitsFile, stringify(limitsOf(0)));
  hub = await startHub({ settings: settings(0) });
});
afterAll(async () => {
  await hub.stop();
  folder.remove();
});

/** Asks at 5,000 a second while something changes; says what was reached, and how late the answers were. */
async function askWhile(changing: Changing, method: string, requests: readonly Uint8Array[]) {
  const load = await connectLoad(hub.listeners.grpc as string, method);
  await load.times(3000, requests, 8); // a hub that has just started is slow
  const started = performance.now();
  const answers = await load.atRate(requests, { perSecond, ms });
  const rate = Math.round((answers.length / (performance.now() - started)) * 1000);
  load.close();
  const changes = await changing.stop();
  const took = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const late = took.filter((each) => each > 200).length;
  const at = (share: number) => `${took[Math.ceil(took.length * share) - 1]?.toFixed(1)} ms`;
  measured(method, `${rate}/s, ${changes} changes, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}, ${late} over 200 ms`);
  expect(changes).toBeGreaterThan(3);
  expect(answers.filter(({ message }) => message === undefined)).toEqual([]);
  return answers;
}

it("answers every check, each wholly by one revision", async () => {
  const requests = Array.from({ length: 500 }, (_, n) =>
    toBinary(
      CheckRequestSchema,
      create(CheckRequestSchema, {
        attributes: { request: { http: { id: `${n}`, method: "GET", path: `/orders/${n}`, host: "shop.example" } } },
      }),
    ),
  );
  const method = "/envoy.service.auth.v3.Authorization/Check";
  const answers = await askWhile(keepReloading(hub, settings), method, requests);
  const rounds = new Map<string, Set<string>>();
  for (const answer of answers) {
    const { revision, told } = readCheck(answer);
    rounds.set(revision, new Set([...(rounds.get(revision) ?? []), ...told]));
  }
  expect(rounds.size).toBeGreaterThan(3);
  expect([...rounds.values()].filter(({ size }) => size !== 1)).toEqual([]);
  expect(new Set([...rounds.values()].flatMap((told) => [...told])).size).toBe(rounds.size);
});

/** The revision that an answer names, and every round that it tells. */
function readCheck({ message }: LoadAnswer): { readonly revision: string; readonly told: readonly string[] } {
  const { httpResponse, dynamicMetadata } = fromBinary(CheckResponseSchema, message as Buffer);
  const { revision, round } = dynamicMetadata as { revision: string; round: string };
  const headers = (httpResponse.value?.headers ?? []).map(({ header }) => header?.value ?? "");
  const body = httpResponse.case === "deniedResponse" ? [httpResponse.value.body] : [];
  expect(headers.length).toBe(2);
  return { revision, told: [round, ...headers, ...body] };
}

it("answers every rate limit request, each wholly by one version of the file", async () => {
  const entries = (key: string, value: string) => ({ entries: [{ key, value }] });
  const requests = Array.from({ length: 100 }, (_, n) =>
    toBinary(
      RateLimitRequestSchema,
      create(RateLimitRequestSchema, {
        domain: "shop",
        descriptors: [entries("a", `${n}`), entries("b", `${n % 7}`)],
      }),
    ),
  );
  const method = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
  const answers = await askWhile(keepRewriting(limitsFile, limitsOf), method, requests);
  const seen = new Set<number>();
  for (const { message } of answers) {
    const { statuses } = fromBinary(RateLimitResponseSchema, message as Buffer);
    const limits = new Set(statuses.map(({ currentLimit }) => currentLimit?.requestsPerUnit ?? 0));
    expect([statuses.length, limits.size]).toEqual([2, 1]);
    for (const limit of limits) seen.add(limit);
  }
  expect(seen.size).toBeGreaterThan(3);
});
