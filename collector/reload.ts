import type { Loaded } from "./config/load.ts";
import { formatProblem } from "./config/problem.ts";
import type { Hub } from "./lifecycle.ts";
import type { Log } from "./telemetry/log.ts";

type Good = Extract<Loaded, { ok: true }>;

/** What reloading needs. */
export interface ReloaderOptions {
  readonly hub: Pick<Hub, "reload" | "metrics">;
  /** Reads and checks the files anew. */
  load(): Loaded;
  /** What the hub runs with now. */
  readonly first: Good;
  readonly log: Log;
}

/** Takes changed files live, one reload after the other. */
export interface Reloader {
  /** Reads the files; resolves when a good change is live or a bad one is refused. `cause` is for the log. Never rejects. */
  reload(cause: string): Promise<void>;
}

/** A reloader: a bad configuration is logged and counted and changes nothing. */
export function createReloader({ hub, load, first, log }: ReloaderOptions): Reloader {
  let running = first;
  let queue = Promise.resolve();

  const refuse = (problems: readonly string[]) => {
    hub.metrics.reloads.inc({ outcome: "refused" });
    log.error({ problems }, "the changed configuration is refused; the running one stays");
  };

  const reloadOnce = async (cause: string) => {
    const next = load();
    if (!next.ok) return refuse(next.problems.map(formatProblem));
    if (sameSources(running, next)) {
      hub.metrics.reloads.inc({ outcome: "unchanged" });
      return log.info({ cause }, "the configuration has not changed");
    }
    try {
      await hub.reload(next.checked);
    } catch (error) {
      return refuse([error instanceof Error ? error.message : String(error)]);
    }
    if (JSON.stringify(next.config.listeners) !== JSON.stringify(running.config.listeners)) {
      log.warn({}, "listeners have changed; that waits for a restart, the rest is live");
    }
    for (const warning of next.warnings)
      log.warn({ problem: formatProblem(warning) }, "the configuration has something that is probably not meant");
    running = next;
    hub.metrics.reloads.inc({ outcome: "applied" });
    log.info({ cause, rules: next.config.rules.length }, "reloaded");
  };

  return {
    reload(cause) {
      queue = queue.then(() => reloadOnce(cause));
      return queue;
    },
  };
}

function sameSources(a: Good, b: Good): boolean {
  return JSON.stringify([a.sources, a.config]) === JSON.stringify([b.sources, b.config]);
}
