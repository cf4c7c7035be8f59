import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { inventory } from "../../adapters/inventory.ts";
import type { CheckedConfig } from "../../collector/config/checked.ts";
import { loadConfig } from "../../collector/config/load.ts";
import { formatProblem } from "../../collector/config/problem.ts";
import { compile } from "../../collector/expr/compile.ts";
import { openHub } from "../../collector/lifecycle.ts";
import { createLog } from "../../collector/telemetry/log.ts";
import { root } from "./documents.ts";
import { samplesOf } from "./exposition.ts";

/** A hub of this process, with the default configuration and free ports. */
export interface RunningHub {
  /** "host:port" by listener. */
  readonly listeners: Readonly<Record<string, string>>;
  /** The sum of the samples of a metric with these labels. */
  total(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Takes other sections live, in place of those it was opened with. */
  reload(more: Readonly<Record<string, unknown>>): Promise<void>;
  close(graceMs?: number): Promise<void>;
}

/** Opens a hub whose listeners are those of the test, beside an admin one, with more sections and adapters if given. */
export async function openRunningHub(
  listeners: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  adapters: typeof inventory = [],
): Promise<RunningHub> {
  const checkedWith = (sections: Readonly<Record<string, unknown>>): CheckedConfig => {
    const own = stringify({
      ...sections,
      listeners: { grpc: null, http: null, admin: { address: "127.0.0.1:0" }, ...listeners },
      vocabulary: { "tenant.id": { type: "INT64" } },
    });
    const readFile = (path: string) => (path === "own.yaml" ? own : readFileSync(path, "utf8"));
    const loaded = loadConfig([`${root}config/default.yaml`, "own.yaml"], {
      env: {},
      adapters: [...inventory, ...adapters],
      compile,
      readFile,
    });
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    return loaded.checked;
  };
  const folder = mkdtempSync(join(tmpdir(), "mixdown-hub-"));
  const hub = await openHub({ checked: checkedWith(more), log: createLog("silent"), now: Date.now, dataDir: folder });
  return {
    listeners: hub.listeners,
    async total(name, labels = {}) {
      const page = await (await fetch(`http://${hub.listeners.admin}/metrics`)).text();
      const fits = (sample: { readonly labels: Readonly<Record<string, string>> }) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
      const found = samplesOf(page).filter((sample) => sample.name === name && fits(sample));
      return found.reduce((sum, { value }) => sum + value, 0);
    },
    reload: (sections) => hub.reload(checkedWith(sections)),
    async close(graceMs = 0) {
      await hub.close(graceMs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
