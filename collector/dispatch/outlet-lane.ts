import type { Adapter, Outlet, Sums } from "../../adapters/adapter.ts";
import type { Instance, Template } from "../../schemas/model/instance.ts";
import type { LaneConfig } from "../config/lane-schema.ts";
import { type Attempt, createAttempt } from "./attempt.ts";
import type { Backlog, BacklogListener } from "./backlog.ts";
import { type BreakerState, createBreaker } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { closeInTime } from "./in-time.ts";
import { instanceSize } from "./instance-size.ts";
import { type Item, itemsIn } from "./item.ts";
import type { Lane, LaneEvents } from "./lane.ts";
import type { Ledger } from "./ledger.ts";
import { createLimiter } from "./limiter.ts";
import { createPump } from "./pump.ts";
import { createSender } from "./sender.ts";

/** What a lane to an outlet is made of. */
export interface OutletLaneOptions {
  readonly handler: string;
  readonly config: LaneConfig;
  readonly adapter: Pick<Adapter, "ordered" | "limits">;
  /** The adapter's own checked settings. */
  readonly params: unknown;
  readonly outlet: Outlet<Template>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly events: LaneEvents;
  /** Where items wait. */
  openBacklog(parts: BacklogListener & { sizeOf(instance: Instance): number }): Backlog;
  /** Sets aside what the backend will never take. */
  bury(items: readonly Item[], reason: string, attempts: number): Promise<void> | undefined;
  /** From 0 up to 1. */
  random(): number;
}

/** Failures in a row that open the breaker, and how long it stays open at first. */
const BREAKER = { failures: 5, openMs: 1000 };

/** The lane of an adapter that sends: backlog, then batches, each tried within bounds until every item of it has ended. */
export function createOutletLane(options: OutletLaneOptions): Lane {
  const { handler, config, adapter, params, outlet, ledger, clock, events, bury } = options;
  const durable = config.durable !== false;
  const most = adapter.limits?.(params) ?? {};
  const batch = {
    maxItems: Math.min(config.batch.maxItems, most.maxItems ?? Number.POSITIVE_INFINITY),
    maxBytes: Math.min(config.batch.maxBytes, most.maxBytes ?? Number.POSITIVE_INFINITY),
    maxAge: config.batch.maxAge,
  };
  const closing = new AbortController();
  const now = () => clock.now();

  const breaker = createBreaker({ ...BREAKER, maxOpenMs: config.retry.max, clock, closing: closing.signal });
  const limiter = createLimiter({ max: adapter.ordered ? 1 : (config.concurrency ?? (durable ? 1 : 8)), now });
  const bare = createAttempt(() => outlet, {
    timeoutMs: config.timeout,
    clock,
    closing: closing.signal,
    onFault: (error) => events.fault(handler, error),
  });
  const attempt: Attempt = (items) => {
    const ended = events.attempt?.(handler, items.length);
    if (ended === undefined) return bare(items);
    return bare(items).then((delivery) => {
      ended(delivery);
      return delivery;
    });
  };
  const send = createSender({
    attempt: breaker.guard(limiter.guard(attempt)),
    retry: config.retry,
    maxElapsedMs: config.retry.maxElapsed ?? (durable ? 0 : DEFAULT_MAX_ELAPSED_MS),
    ledger,
    clock,
    random: options.random,
    closing: closing.signal,
    bury,
    ended: (items) => backlog.done(items),
    onFailure: (reason) => events.failedAttempt(handler, reason),
  });

  const sizeOf = (instance: Instance): number => outlet.sizeOf?.(instance) ?? instanceSize(instance);
  const backlog = options.openBacklog({ onChange: () => pump.wake(), sizeOf });
  const pump = createPump({ backlog, batch, limit: () => limiter.limit, send: setApart(send), clock });
  const sums = outlet.sums === undefined ? undefined : createHarvester(outlet.sums, backlog, clock);
  pump.wake();
  let closed = false;

  /** An item that no request can hold goes to the dead letters without being tried. */
  function setApart(next: typeof send): typeof send {
    const limit = most.maxBytes ?? Number.POSITIVE_INFINITY;
    return async (items) => {
      const tooLarge = items.filter(({ bytes }) => bytes > limit);
      if (tooLarge.length === 0) return next(items);
      await bury(tooLarge, `larger than the ${limit} bytes that a request may have`, 0);
      backlog.done(tooLarge);
      const rest = items.filter(({ bytes }) => bytes <= limit);
      return rest.length === 0 ? [] : next(rest);
    };
  }

  return {
    handler,
    record: () => void ledger.records++,
    offer(instance) {
      const records = itemsIn(instance);
      ledger.received += records;
      if (closed) return ledger.drop("closed", records);
      if (sums !== undefined && instance.template === "metric") sums.record(instance);
      else backlog.offer(instance, records);
    },
    get isFull() {
      return backlog.state.isFull;
    },
    kept: () => backlog.kept(),
    adapterDropped(reason, count) {
      ledger.drop(reason, count);
      sums?.forget(count);
    },
    state() {
      const { items, bytes, pending, oldestMs } = backlog.state;
      const breakerState: BreakerState = breaker.state;
      return {
        queued: { items, bytes },
        underWay: pump.underWay,
        pending: pending + (sums?.held ?? 0),
        oldestMs,
        breaker: breakerState,
        concurrency: limiter.limit,
      };
    },
    async close(deadlineMs) {
      sums?.close();
      closed = true;
      await backlog.kept()?.catch(() => {});
      // What waits on disk for a backend that is down is as well kept there as it would be after waiting in vain.
      if (durable && breaker.state !== "closed") closing.abort();
      const cancel = clock.after(deadlineMs, () => closing.abort());
      await Promise.race([pump.drain(), aborted(closing.signal)]);
      cancel();
      closing.abort();
      await pump.stop();
      await backlog.close();
      await closeInTime(outlet, clock, (error) => events.fault(handler, error));
    },
  };
}

/** Without a log on disk, a batch is given up after this long. */
const DEFAULT_MAX_ELAPSED_MS = 300_000;

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** Sums up metric instances and brings what has gathered to the backlog at intervals. */
function createHarvester(sums: Sums, backlog: Backlog, clock: Clock) {
  let held = 0;
  let cancel = () => {};
  const harvest = (isLast: boolean) => {
    for (const point of sums.harvest(isLast)) {
      held -= point.records;
      backlog.offer(point, point.records);
    }
  };
  const arm = () => {
    cancel = clock.after(sums.intervalMs, () => {
      harvest(false);
      arm();
    });
  };
  arm();
  return {
    record(instance: Parameters<Sums["record"]>[0]) {
      held++;
      sums.record(instance);
    },
    /** The adapter dropped some of what it held. */
    forget(count: number) {
      held -= count;
    },
    get held() {
      return held;
    },
    close() {
      cancel();
      harvest(true);
    },
  };
}
