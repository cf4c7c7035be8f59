import { setImmediate as turn } from "node:timers/promises";
import { errorText } from "../schemas/model/error-text.ts";
import { within } from "../schemas/model/traced-work.ts";
import { describeListeners, describeReload } from "./config/describe-reload.ts";
import type { Loaded } from "./config/load.ts";
import { planReload } from "./config/plan-reload.ts";
import { formatProblem } from "./config/problem.ts";
import type { Hub } from "./lifecycle.ts";
import type { Log } from "./telemetry/log.ts";

type Outcome = "applied" | "refused" | "unchanged";
type Good = Extract<Loaded, { ok: true }>;

/** What reloading needs. */
export interface ReloaderOptions {
  readonly hub: Pick<Hub, "reload" | "metrics" | "tracer">;
  /** Reads and checks the files anew. */
  load(): Promise<Loaded>;
  /** What the hub was started with. */
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

  const refuse = (cause: string, problems: readonly string[]): Outcome => {
    hub.metrics.reloads.inc({ outcome: "refused" });
    log.error({ cause, problems }, "the changed configuration is refused; the running one stays");
    return "refused";
  };

  const warn = (next: Good) => {
    // The sockets are as they were bound at the start, whatever was loaded since.
    const listeners = describeListeners(planReload(first.checked, next.checked).listeners);
    if (listeners.length > 0) log.warn({ listeners }, "listeners have changed; that waits for a restart");
    for (const warning of next.warnings)
      log.warn({ problem: formatProblem(warning) }, "the configuration has something that is probably not meant");
  };

  const take = async (cause: string): Promise<Outcome> => {
    const next = await load();
    if (!next.ok) return refuse(cause, next.problems.map(formatProblem));
    const plan = planReload(running.checked, next.checked);
    if (plan.nothing) {
      hub.metrics.reloads.inc({ outcome: "unchanged" });
      log.info({ cause }, "the configuration has not changed");
      return "unchanged";
    }
    await turn(); // what came while the files were checked is answered before the rules are compiled
    await hub.reload(next.checked);
    running = next;
    hub.metrics.reloads.inc({ outcome: "applied" });
    log.info({ cause, ...describeReload(plan) }, "reloaded");
    warn(next);
    return "applied";
  };

  const traced = (cause: string): Promise<Outcome> => {
    const reloading = () => take(cause).catch((error: unknown) => refuse(cause, [errorText(error)]));
    const work = hub.tracer.start("reload", "internal");
    if (work === undefined) return reloading();
    const outcomeOf = (outcome: Outcome) => ({
      facts: { "mixdown.cause": cause, "mixdown.outcome": outcome },
      error: outcome === "refused" ? outcome : undefined,
    });
    return Promise.resolve(within(work, reloading, outcomeOf));
  };

  return {
    reload(cause) {
      queue = queue.then(async () => void (await traced(cause)));
      return queue;
    },
  };
}
