import { isDeepStrictEqual } from "node:util";
import type { Adapter, Aggregator, Host, Outlet } from "../../adapters/adapter.ts";
import type { OpenChecker } from "../../adapters/checker.ts";
import type { LimitStore, OpenLimiter } from "../../adapters/limiter.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { InstanceDeclaration, Template } from "../../schemas/model/instance.ts";
import type { LaneConfig } from "../config/lane-schema.ts";
import { HubError } from "../errors.ts";
import { type Answers, createAnswerKeeper } from "./answers.ts";
import type { Clock } from "./clock.ts";
import { createDirectLane } from "./direct-lane.ts";
import { createGate, type Gate } from "./gate.ts";
import { openInTime } from "./in-time.ts";
import type { Lane, LaneEvents, LaneState } from "./lane.ts";
import { Ledger } from "./ledger.ts";
import { createOutletLane } from "./outlet-lane.ts";
import type { Storage } from "./storage.ts";

/** A handler as configured: its adapter, its checked settings, and what rules send it. */
export interface HandlerSource {
  readonly name: string;
  readonly adapter: Adapter;
  readonly params: unknown;
  readonly lane: LaneConfig;
  readonly instances: readonly InstanceDeclaration[];
}

/** What opening handlers needs from the hub. */
export interface HandlersOptions {
  /** The collaborators of one handler. `dropped` is to be told what the adapter itself drops. */
  hostFor(source: HandlerSource, dropped: (reason: string, count: number) => void): Host;
  readonly events: LaneEvents;
  readonly clock: Clock;
  /** Logs on disk and dead letters. */
  readonly storage: Storage;
  /** Keeps budgets in this process. */
  readonly budgets: LimitStore;
  /** From 0 up to 1. */
  random(): number;
  /** How long a lane that is no longer wanted may go on sending what waits in it. */
  readonly retireMs: number;
}

/** A handler at work, for those who look at it. */
export interface HandlerStatus {
  readonly name: string;
  readonly source: HandlerSource;
  readonly ledger: Ledger;
  /** Records that came in since this handler is there, and of which nothing was sent to it. */
  readonly filtered: number;
  /** Of all its lanes: one, and those that still send what waited when the settings changed. */
  readonly state: LaneState;
}

/** The open handlers. */
export interface Handlers extends Gate {
  /**
   * Brings the open handlers in line with a configuration. New and changed ones are opened before anything is closed;
   * unchanged ones are not touched. Rejects with HANDLER_OPEN_FAILED, in which case nothing has changed.
   */
  prepare(sources: ReadonlyMap<string, HandlerSource>): Promise<PreparedHandlers>;
  /** That many more records went through the rules. */
  took(records: number): void;
  status(): readonly HandlerStatus[];
  /** Lets every lane send what waits until the deadline, and closes. */
  close(deadlineMs: number): Promise<void>;
}

/** Handlers ready to take over. */
export interface PreparedHandlers {
  /** The lanes of the new configuration. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** What policy rules of the new configuration can ask, by handler. */
  readonly checkers: ReadonlyMap<string, OpenChecker>;
  /** What answers rate limit requests, and the name of the store that it counts in. */
  readonly limiters: ReadonlyMap<string, { readonly limiter: OpenLimiter; readonly store: string }>;
  /** What keeps budgets. */
  readonly stores: ReadonlyMap<string, LimitStore>;
  /** Makes the change: new definitions hold when the call returns, so it goes with the swap of the plan. Rejects if something that moves with them failed, such as a listener. */
  commit(): Promise<void>;
  /** Closes what the new configuration no longer has, after the swap. Lanes go on in the background until they are empty, or time is up. */
  retire(): Promise<void>;
}

interface OpenHandler {
  readonly source: HandlerSource;
  readonly account: Account;
  readonly opened: Outlet<Template> | Aggregator<Template>;
  readonly answers: Answers;
  readonly lane: Lane;
  /** The log on disk may be opened by this lane: its former owner has closed it. */
  takeOver(former: Promise<void>): void;
}

/** What is kept of a handler's name for as long as the hub lives. */
interface Account {
  readonly ledger: Ledger;
  /** Records that had come in before the handler was there. */
  readonly tookBefore: number;
  readonly retiring: Set<Lane>;
}

/** Creates the set of open handlers, empty at first. */
export function createHandlers(options: HandlersOptions): Handlers {
  const { hostFor, events, clock, storage, random, retireMs } = options;
  const accounts = new Map<string, Account>();
  let open = new Map<string, OpenHandler>();
  let took = 0;
  /** Lanes that still send what waited when they were replaced. */
  const background = new Set<Promise<unknown>>();
  const keeper = createAnswerKeeper(options);
  const gate = createGate(() => [...open.values()].map(({ lane }) => lane), clock);

  const accountOf = (name: string): Account => {
    const account = accounts.get(name) ?? { ledger: new Ledger(), tookBefore: took, retiring: new Set() };
    accounts.set(name, account);
    return account;
  };

  const openOne = async (source: HandlerSource, hasFormer: boolean): Promise<OpenHandler> => {
    const { name, adapter, params, lane: config } = source;
    const account = accountOf(name);
    const { ledger } = account;
    let lane: Lane | undefined;
    try {
      const host = hostFor(source, (reason, count) => lane?.adapterDropped(reason, count));
      const opened = await openInTime(() => adapter.open(params, host), clock);
      const answers = await keeper.open(adapter, params, host);
      if (!("deliver" in opened)) {
        lane = createDirectLane(name, opened, { ledger, events, clock });
        return { source, account, opened, answers, lane, takeOver: () => {} };
      }
      const place = await storage.place(source, ledger, hasFormer);
      lane = createOutletLane({
        ...{ handler: name, config, adapter, params, outlet: opened, ledger, clock, events, random },
        openBacklog: (parts) => place.openBacklog({ ...parts, onChange: both(parts.onChange, gate.changed) }),
        bury: place.bury,
      });
      return { source, account, opened, answers, lane, takeOver: place.takeOver };
    } catch (error) {
      throw new HubError("HANDLER_OPEN_FAILED", `handler ${name}: ${errorText(error)}`, { cause: error });
    }
  };

  const closeLane = async ({ account, lane }: OpenHandler): Promise<void> => {
    account.retiring.add(lane);
    await lane.close(retireMs);
    account.retiring.delete(lane);
  };

  return {
    room: gate.room,
    kept: gate.kept,
    took(records) {
      took += records;
    },
    status: () => [...open.values()].map((handler) => toStatus(handler, took)),
    async prepare(sources) {
      const next = new Map<string, OpenHandler>();
      const opened: OpenHandler[] = [];
      const kept: { readonly handler: OpenHandler; readonly source: HandlerSource }[] = [];
      try {
        for (const source of sources.values()) {
          const current = open.get(source.name);
          if (current !== undefined && canStay(current, source)) {
            if (!sameSource(current.source, source)) kept.push({ handler: current, source });
            next.set(source.name, { ...current, source });
            continue;
          }
          const handler = await openOne(source, current !== undefined);
          opened.push(handler);
          next.set(source.name, handler);
        }
      } catch (error) {
        for (const { takeOver } of opened) takeOver(Promise.reject(new Error("the reload was called off")));
        await Promise.all(
          opened.flatMap(({ source, lane, answers }) => [lane.close(0), keeper.close(source.name, answers)]),
        );
        throw error;
      }
      const before = open;
      return {
        lanes: new Map([...next].map(([name, { lane }]) => [name, lane])),
        checkers: having(next, ({ checker }) => checker),
        limiters: having(next, ({ limiter }) => limiter),
        stores: having(next, ({ store }) => store),
        async commit() {
          open = next;
          gate.changed();
          await Promise.all(kept.map(({ handler, source }) => reconfigure(handler, source)));
        },
        async retire() {
          const gone = [...before.values()].filter(({ source, lane }) => next.get(source.name)?.lane !== lane);
          for (const handler of gone) {
            const laneClosed = closeLane(handler);
            const answersClosed = keeper.retire(handler.source.name, handler.answers);
            const closed = Promise.all([laneClosed, answersClosed]).finally(() => background.delete(closed));
            background.add(closed);
            next.get(handler.source.name)?.takeOver(laneClosed);
          }
        },
      };
    },
    async close(deadlineMs) {
      keeper.hurry();
      await Promise.all([...open.values()].map(({ lane }) => lane.close(deadlineMs)));
      await Promise.all([...open.values()].map(({ source, answers }) => keeper.close(source.name, answers)));
      await Promise.all(background);
      open.clear();
      await storage.close();
    },
  };
}

/** The handlers that have something, by name. */
function having<T>(
  handlers: ReadonlyMap<string, OpenHandler>,
  pick: (answers: Answers) => T | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [name, { answers }] of handlers) {
    const picked = pick(answers);
    if (picked !== undefined) found.set(name, picked);
  }
  return found;
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

function toStatus({ source, account, lane }: OpenHandler, took: number): HandlerStatus {
  const { ledger, tookBefore, retiring } = account;
  const states = [lane, ...retiring].map((each) => each.state());
  const [current] = states as [LaneState];
  const sum = (pick: (state: LaneState) => number) => states.reduce((total, state) => total + pick(state), 0);
  const oldest = states.flatMap(({ oldestMs }) => oldestMs ?? []);
  return {
    name: source.name,
    source,
    ledger,
    filtered: took - tookBefore - ledger.records,
    state: {
      ...current,
      queued: { items: sum(({ queued }) => queued.items), bytes: sum(({ queued }) => queued.bytes) },
      underWay: sum(({ underWay }) => underWay),
      pending: sum(({ pending }) => pending),
      oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
    },
  };
}

function reconfigure({ opened }: OpenHandler, { params, instances }: HandlerSource): void | Promise<void> {
  return "reconfigure" in opened ? opened.reconfigure?.(params, instances) : undefined;
}

function canStay({ source, opened }: OpenHandler, next: HandlerSource): boolean {
  if (source.adapter !== next.adapter) return false;
  return sameSource(source, next) || ("reconfigure" in opened && opened.reconfigure !== undefined);
}

function sameSource(a: HandlerSource, b: HandlerSource): boolean {
  return isDeepStrictEqual([a.params, a.instances, a.lane], [b.params, b.instances, b.lane]);
}
