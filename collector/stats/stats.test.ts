import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aRequest } from "../../test/support/stats-record.ts";
import { statsConfig } from "../config/stats-schema.ts";
import type { Answer, ServicesQuery } from "./query/query.ts";
import { openStats, type Stats } from "./stats.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const silent = { info() {}, warn() {}, error() {} };

function given<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.value;
}

const servicesAt = (nowMs: number, more: Partial<ServicesQuery> = {}): ServicesQuery => ({
  from: nowMs - 900_000,
  to: nowMs,
  reporter: "auto",
  limit: 100,
  sort: "name",
  idle: true,
  ...more,
});

describe("statistics", () => {
  let directory: string;
  let nowMs: number;
  let stats: Stats;
  const open = () => openStats({ config: statsConfig.parse({}), directory, log: silent, now: () => nowMs });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "mixdown-stats-"));
    nowMs = start;
    stats = await open();
  });
  afterEach(async () => {
    await stats.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("answers from the open bucket", async () => {
    for (let index = 0; index < 10; index++) stats.record(aRequest(start - 5 + index));
    nowMs = start + 1000;
    const { services, interval } = given(await stats.services(servicesAt(nowMs)));
    expect(services).toMatchObject([
      {
        name: "reviews",
        namespace: "default",
        requests: 10,
        errors: 0,
        bytesIn: 100,
        bytesOut: 1000,
        durationMs: { mean: 5, max: 5, p50: 5, p99: 5 },
        classes: { "2xx": 10 },
        responses: [{ code: 200, grpc: null, flags: null, requests: 10 }],
        mtlsRatio: 1,
        seenBy: ["inbound"],
        health: { status: "healthy", few: false },
      },
    ]);
    expect(interval).toMatchObject({ from: "2026-03-01T11:45:00Z", to: "2026-03-01T12:00:01Z", seconds: 901 });
  });

  it("answers the same after a restart, from closed buckets", async () => {
    for (let index = 0; index < 100; index++) stats.record(aRequest(start + index * 300));
    nowMs = start + 40_000;
    const before = given(await stats.services(servicesAt(nowMs)));
    await stats.close();
    stats = await open();
    const after = given(await stats.services(servicesAt(nowMs)));
    expect(before.services[0]?.requests).toBe(100);
    expect(after).toEqual(before);
  });
});
