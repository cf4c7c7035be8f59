import type { Adapter, Host } from "../../adapters/adapter.ts";
import type { OpenChecker } from "../../adapters/checker.ts";
import type { LimitStore, OpenLimiter, OpenLimitStore } from "../../adapters/limiter.ts";
import type { Clock } from "./clock.ts";
import { closeInTime, openInTime } from "./in-time.ts";
import type { LaneEvents } from "./lane.ts";

/** What a handler does for policy, beside what rules send it. */
export interface Answers {
  /** What policy rules ask. */
  readonly checker: OpenChecker | undefined;
  /** What answers rate limit requests, and the name of the store that it counts in. */
  readonly limiter: { readonly limiter: OpenLimiter; readonly store: string } | undefined;
  readonly store: OpenLimitStore | undefined;
}

/** What answering for handlers needs of the hub. */
export interface AnswerOptions {
  readonly events: Pick<LaneEvents, "fault">;
  readonly clock: Clock;
  /** Keeps budgets in this process. */
  readonly budgets: LimitStore;
}

/** Opens and closes what handlers do for policy. */
export interface AnswerKeeper {
  open(adapter: Adapter, params: unknown, host: Host): Promise<Answers>;
  close(handler: string, answers: Answers): Promise<void>;
  /** Closes checkers and stores once no request that began before is under way any more. */
  retire(handler: string, answers: Answers): Promise<void>;
  /** Waits for no request any more. */
  hurry(): void;
}

const none: Answers = { checker: undefined, limiter: undefined, store: undefined };

/** Longer than any request waits for its verdict. */
const LINGER_MS = 11_000;

/** Creates the keeper. */
export function createAnswerKeeper({ events, clock, budgets }: AnswerOptions): AnswerKeeper {
  const lingering = new Set<() => void>();

  const close = async (handler: string, { checker, limiter, store }: Answers): Promise<void> => {
    for (const each of [checker, limiter?.limiter, store])
      if (each !== undefined) await closeInTime(each, clock, (error) => events.fault(handler, error));
  };

  const linger = (): Promise<void> =>
    new Promise((resolve) => {
      const leave = () => {
        cancel();
        lingering.delete(leave);
        resolve();
      };
      const cancel = clock.after(LINGER_MS, leave);
      lingering.add(leave);
    });

  return {
    async open({ checks, rateLimits, stores }, params, host) {
      const limiter = rateLimits && (await openInTime(() => rateLimits.open(params, host), clock));
      return {
        checker: checks && (await openInTime(() => checks.open(params, host), clock)),
        limiter: limiter && { limiter, store: rateLimits.store(params) },
        store: stores && (await openInTime(() => stores.open(params, host, budgets), clock)),
      };
    },
    close,
    async retire(handler, answers) {
      // A limiter shows metrics, whose names its successor takes over: it goes at once, and still answers what is under way.
      await close(handler, { ...none, limiter: answers.limiter });
      if (answers.checker === undefined && answers.store === undefined) return;
      await linger();
      await close(handler, { ...answers, limiter: undefined });
    },
    hurry() {
      for (const leave of [...lingering]) leave();
    },
  };
}
