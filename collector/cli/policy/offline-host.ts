import type { Host } from "../../../adapters/adapter.ts";
import type { CheckedHandler } from "../../config/checked.ts";
import type { CommandIo } from "../command.ts";

/** What a handler gets that is open without a hub: what it warns of is told on standard error, and its metrics nobody sees. */
export function offlineHost({ name, instances, lane }: CheckedHandler, { stderr }: CommandIo): Host {
  const say = (_fields: object, message: string) => void stderr.write(`${name}: ${message}\n`);
  return {
    ...{ handler: name, instances, timeoutMs: lane.timeout, now: Date.now, fetch },
    log: { info() {}, warn: say, error: say },
    count() {},
    exposeMetrics: async () => async () => {},
  };
}
