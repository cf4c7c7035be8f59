import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inventory } from "../../adapters/inventory.ts";
import { createConcurrency } from "../../collector/check/limits/concurrency.ts";
import { createMemoryStore } from "../../collector/check/limits/memory-store.ts";
import type { CheckedConfig } from "../../collector/config/checked.ts";
import { defaultConfigFile } from "../../collector/config/defaults.ts";
import { loadConfig } from "../../collector/config/load.ts";
import { systemClock } from "../../collector/dispatch/clock.ts";
import { createHandlers } from "../../collector/dispatch/handlers.ts";
import { createStorage, type StorageEvents } from "../../collector/dispatch/storage.ts";
import { compile } from "../../collector/expr/compile.ts";
import { createIntakeState } from "../../collector/intake-state.ts";
import { createPipeline, type Pipeline } from "../../collector/pipeline.ts";
import { createPlan } from "../../collector/plan.ts";
import { openStats } from "../../collector/stats/stats.ts";

/** The default configuration, checked; `extra` is more configuration. */
export function loadDefaults(extra = ""): CheckedConfig {
  const loaded = loadConfig([defaultConfigFile(), "extra.yaml"], {
    env: {},
    adapters: inventory,
    compile,
    readFile: (path) => (path === "extra.yaml" ? extra : readFileSync(path, "utf8")),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.checked;
}

/** The record path of a hub without sockets, and how to end it. */
export interface BenchPipeline {
  readonly pipeline: Pipeline;
  close(): Promise<void>;
}

/** The whole record path of a hub with the default configuration, with its statistics (in a folder that goes with it) or without; `extra` is more configuration. */
export async function createDefaultPipeline(withStats: boolean, extra = ""): Promise<BenchPipeline> {
  const defaults = loadDefaults(extra);
  const checked = withStats ? defaults : { ...defaults, config: { ...defaults.config, stats: null } };
  const log = { info() {}, warn() {}, error() {} };
  const clock = systemClock();
  const silent: StorageEvents = {
    quarantined() {},
    torn() {},
    trouble() {},
    deadLettersDropped() {},
    waiting() {},
    unusable() {},
  };
  const budgets = createMemoryStore({ maxKeys: 1000, now: Date.now });
  const handlers = createHandlers({
    budgets,
    hostFor: ({ name, instances }) => ({
      handler: name,
      timeoutMs: 10_000,
      instances,
      now: Date.now,
      log,
      fetch,
      count() {},
      exposeMetrics: async () => async () => {},
    }),
    events: {
      fault(_handler, error) {
        throw error;
      },
      failedAttempt() {},
    },
    clock,
    storage: createStorage({ directory: join(tmpdir(), "mixdown-bench-spool"), events: silent, clock }),
    random: Math.random,
    retireMs: 0,
  });
  const prepared = await handlers.prepare(checked.handlers);
  const plan = createPlan(checked, prepared.lanes, createIntakeState(Date.now), {
    checkers: prepared.checkers,
    limiters: prepared.limiters,
    stores: new Map([["memory", budgets]]),
    concurrency: createConcurrency({ maxPlaces: 1000, now: clock.now }),
    clock,
    onFault() {},
  });
  await prepared.commit();
  const events = { batch() {} };
  if (checked.config.stats === null)
    return {
      pipeline: createPipeline(plan, { events, lanes: handlers, now: clock.now }),
      close: () => handlers.close(0),
    };
  const directory = mkdtempSync(join(tmpdir(), "mixdown-bench-"));
  const stats = await openStats({ config: checked.config.stats, directory, log, now: Date.now });
  return {
    pipeline: createPipeline(plan, { events, lanes: handlers, stats, now: clock.now }),
    async close() {
      await handlers.close(0);
      await stats.close();
      rmSync(directory, { recursive: true });
    },
  };
}
