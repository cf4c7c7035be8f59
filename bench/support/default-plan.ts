import { readFileSync } from "node:fs";
import { inventory } from "../../adapters/inventory.ts";
import type { CheckedConfig } from "../../collector/config/checked.ts";
import { defaultConfigFile } from "../../collector/config/defaults.ts";
import { loadConfig } from "../../collector/config/load.ts";
import { createHandlers } from "../../collector/dispatch/handlers.ts";
import { compile } from "../../collector/expr/compile.ts";
import { createPipeline, type Pipeline } from "../../collector/pipeline.ts";
import { createIntakeState, createPlan } from "../../collector/plan.ts";

/** The default configuration, checked. */
export function loadDefaults(): CheckedConfig {
  const loaded = loadConfig([defaultConfigFile()], {
    env: {},
    adapters: inventory,
    compile,
    readFile: (path) => readFileSync(path, "utf8"),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.checked;
}

/** The whole record path of a hub with the default configuration, without sockets. */
export async function createDefaultPipeline(): Promise<Pipeline> {
  const checked = loadDefaults();
  const log = { info() {}, warn() {}, error() {} };
  const handlers = createHandlers({
    hostFor: ({ name, instances }) => ({
      handler: name,
      instances,
      now: Date.now,
      log,
      fetch,
      count() {},
      exposeMetrics: async () => async () => {},
    }),
    events: {
      failed(_handler, error) {
        throw error;
      },
    },
  });
  const prepared = await handlers.prepare(checked.handlers);
  const plan = createPlan(checked, prepared.lanes, createIntakeState(Date.now));
  await prepared.commit();
  return createPipeline(plan, { batch() {} });
}
