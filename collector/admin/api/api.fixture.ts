import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { createVocabulary } from "../../../schemas/attributes/vocabulary.ts";
import { statsConfig } from "../../config/stats-schema.ts";
import { openStats, type Stats } from "../../stats/stats.ts";
import { createHttpServer } from "../server.ts";
import { type ApiOptions, mountApi } from "./mount-api.ts";

/** What the API takes for now. */
export const startMs = Date.parse("2026-03-01T12:00:00Z");

const nothing = { decisions: [], cursor: undefined };
const noDecisions: ApiOptions["decisions"] = {
  list: async () => ({ ok: true, value: nothing }),
  sum: async () => ({ ok: true, value: { groups: [], truncated: false } }),
};

/** An API without sockets, and what it tells of. */
export interface TestApi {
  ask(path: string, options?: InjectOptions): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

/** The API over parts that a test may replace; the others are empty. `path` in `ask` is below /api/v1. */
export async function anApi(over: Partial<ApiOptions> = {}): Promise<TestApi> {
  const limits = { maxMessageBytes: 1_000_000, maxHeaderBytes: 16_384, maxConnections: 10 };
  const onFault = (error: unknown) => {
    throw error;
  };
  const server = createHttpServer({ limits, tls: undefined, onFault });
  mountApi(server, {
    stats: undefined,
    decisions: noDecisions,
    bounds: { maxRunning: 16, timeoutMs: 10_000 },
    proxies: { rows: () => [], statistics: { rows: () => [] }, overflow: 0 },
    vocabulary: () => createVocabulary(),
    config: () => ({ sources: [], revision: "0", loadedMs: startMs, config: {} }),
    handlers: async () => [],
    now: () => startMs,
    ...over,
  });
  await server.ready();
  return {
    ask: (path, options = {}) => server.inject({ url: `/api/v1${path}`, ...options }),
    close: () => server.close(),
  };
}

/** Statistics over a real store in a folder of its own, whose buckets up to `startMs` may close. */
export async function someStats(): Promise<{ stats: Stats; close(): Promise<void> }> {
  const now = () => startMs + 5000;
  const directory = mkdtempSync(join(tmpdir(), "mixdown-api-"));
  const log = { info() {}, warn() {}, error() {} };
  const stats = await openStats({ config: statsConfig.parse({}), directory, log, now });
  return {
    stats,
    async close() {
      await stats.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
