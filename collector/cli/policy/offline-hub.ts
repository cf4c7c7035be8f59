import type { OpenChecker } from "../../../adapters/checker.ts";
import type { LimitStore } from "../../../adapters/limiter.ts";
import type { Json } from "../../../schemas/model/access-log.ts";
import type { RawCheck } from "../../../schemas/model/check-request.ts";
import type { RateLimitAnswer, RateLimitRequest } from "../../../schemas/model/rate-limit.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { createConcurrency } from "../../check/limits/concurrency.ts";
import { createMemoryStore } from "../../check/limits/memory-store.ts";
import type { CheckedConfig } from "../../config/checked.ts";
import { whatIsMissing } from "../../decode/rate-limit/missing.ts";
import { systemClock } from "../../dispatch/clock.ts";
import { HubError } from "../../errors.ts";
import { createIntakeState } from "../../intake-state.ts";
import { createPipeline } from "../../pipeline.ts";
import { createPlan } from "../../plan.ts";
import type { CommandIo } from "../command.ts";
import {
  askedHandlers,
  type Mocked,
  mockedChecker,
  mockedStore,
  openCheckers,
  openLimiters,
} from "./offline-checkers.ts";
import { offlineHost } from "./offline-host.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

/** A hub as if just started, without sockets and lanes. */
export interface OfflineHub {
  /** Decides on a request. Throws a HubError for one that is none. */
  check(check: RawCheck, byDefault: "allow" | "deny"): Promise<Verdict>;
  /** Answers a rate limit request. Throws a HubError for one that is none, or where there is no answer. */
  limit(request: RateLimitRequest): Promise<RateLimitAnswer>;
  /** Takes records of requests, as `POST /v1/report` does. Throws a HubError for one that is none. */
  report(records: readonly Json[]): Promise<void>;
  /** What rules sent, by handler. */
  readonly sent: ReadonlyMap<string, Recorder>;
}

/** Starts hubs of one configuration, whose checkers are open. */
export interface OfflineHubs {
  /** Budgets are whole and nothing is cached. Handlers that are `mocked` are not asked. */
  start(mocked?: ReadonlyMap<string, Mocked>): Promise<OfflineHub>;
  close(): Promise<void>;
}

/** How long a decision may take. */
const WAITS_MS = 10_000;
const MAX_BUDGETS = 10_000;

/** Opens the adapters of the handlers that are `asked`, and no others. Budgets are kept in memory, whatever the configuration says. */
export async function openOfflineHubs(
  checked: CheckedConfig,
  asked: Iterable<string>,
  io: CommandIo,
): Promise<OfflineHubs> {
  // Time stands still, so that the last of some requests in a row comes out the same on any machine.
  const startMs = Date.now();
  const now = () => startMs;
  const checkers = await openCheckers(checked, asked, io);
  const limiters = await openLimiters(checked, now, io);
  const clock = systemClock(() => performance.now());

  return {
    async start(mocked = new Map()) {
      const sent = new Map<string, Recorder>();
      for (const [name, handler] of checked.handlers)
        sent.set(name, await createRecorder(handler, offlineHost(handler, io)));
      const plan = createPlan(checked, sent, createIntakeState(now), {
        ...{ clock, limiters, checkers: checkersFor(checked, checkers, mocked) },
        stores: storesFor(checked, mocked, createMemoryStore({ maxKeys: MAX_BUDGETS, now })),
        concurrency: createConcurrency({ maxPlaces: MAX_BUDGETS, now }),
        onFault: (handler, error) => io.stderr.write(`${handler} threw, which is a fault of its adapter: ${error}\n`),
      });
      const lanes = { room: () => undefined, kept: () => undefined, took() {} };
      const pipeline = createPipeline(plan, { lanes, events: { batch() {} }, now: clock.now });
      return {
        sent,
        async check(check, byDefault) {
          const receipt = await pipeline.check({ check, byDefault, waitsMs: WAITS_MS });
          if ("verdict" in receipt) return receipt.verdict;
          throw new HubError("CONFIG_INVALID", `attributes: ${receipt.problem.error}`);
        },
        async limit(request) {
          const missing = whatIsMissing(request);
          if (missing !== undefined) throw new HubError("CONFIG_INVALID", `rateLimit: ${missing}`);
          const receipt = await pipeline.limit({ request, tellsClient: true, waitsMs: WAITS_MS });
          if ("answer" in receipt) return receipt.answer;
          throw new HubError("CONFIG_INVALID", `rateLimit: there is no answer: ${receipt.failure}`);
        },
        async report(records) {
          const batch = records.map((value, index) => ({ index, value }));
          const { rejected } = await pipeline.reportRecords({
            ...{ source: "report", origin: { kind: "report" }, records: batch },
          });
          const problems = rejected.map(({ index, error }) => `reports[${index}]: ${error}`);
          if (problems.length > 0) throw new HubError("CONFIG_INVALID", problems.join("\n"));
        },
      };
    },
    async close() {
      const open = [...checkers.values(), ...[...limiters.values()].map(({ limiter }) => limiter)];
      await Promise.all(open.map((each) => each.close()));
    },
  };
}

/** Of those that nobody opened, nobody asks. */
function checkersFor(
  checked: CheckedConfig,
  open: ReadonlyMap<string, OpenChecker>,
  mocked: ReadonlyMap<string, Mocked>,
): ReadonlyMap<string, OpenChecker> {
  const standIns = [...askedHandlers(checked)].map(
    (name) => [name, mockedChecker(mocked.get(name) ?? "down")] as const,
  );
  return new Map([...standIns, ...[...open].filter(([name]) => !mocked.has(name))]);
}

function storesFor(
  { handlers }: CheckedConfig,
  mocked: ReadonlyMap<string, Mocked>,
  memory: LimitStore,
): ReadonlyMap<string, LimitStore> {
  return new Map(
    ["memory", ...handlers.keys()].map((name) => {
      const answer = mocked.get(name);
      return [name, answer === "down" || answer === "late" ? mockedStore(answer) : memory];
    }),
  );
}
