import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import type { Item } from "./item.ts";
import type { Send } from "./sender.ts";

/** What a pump goes by. */
export interface PumpOptions {
  readonly backlog: Backlog;
  readonly batch: { readonly maxItems: number; readonly maxBytes: number; readonly maxAge: number };
  /** Batches that may be under way at once, at this moment. */
  limit(): number;
  readonly send: Send;
  readonly clock: Clock;
}

/** Puts batches together and keeps as many under way as the backend takes. */
export interface Pump {
  /** Looks whether there is something to do: to be called when the backlog changes. */
  wake(): void;
  /** From now on sends what there is without waiting for more; resolves when nothing is left, under way or waiting. */
  drain(): Promise<void>;
  /** Takes nothing more; resolves when nothing is under way. */
  stop(): Promise<void>;
  readonly underWay: number;
}

/** When to look again at a backlog that says it has something and gives nothing. */
const LOOK_AGAIN_MS = 1000;

/** A pump: a batch goes when it is full, or when its oldest item has waited long enough. */
export function createPump({ backlog, batch, limit, send, clock }: PumpOptions): Pump {
  let underWay = 0;
  let taking = false;
  let draining = false;
  let stopped = false;
  let cancelTimer: (() => void) | undefined;
  let idle: (() => void)[] = [];

  const waitMs = (): number => {
    const { items, bytes, waitingSinceMs } = backlog.state;
    if (items === 0) return Number.POSITIVE_INFINITY;
    if (draining || items >= batch.maxItems || bytes >= batch.maxBytes) return 0;
    return (waitingSinceMs ?? 0) + batch.maxAge - clock.now();
  };

  const wake = () => {
    if (stopped || taking || underWay >= limit()) return tellIdle();
    const ms = waitMs();
    if (ms <= 0) return start();
    if (ms !== Number.POSITIVE_INFINITY && cancelTimer === undefined) cancelTimer = clock.after(ms, onTimer);
    tellIdle();
  };

  const onTimer = () => {
    cancelTimer = undefined;
    wake();
  };

  const start = () => {
    taking = true;
    backlog.take(batch.maxItems, batch.maxBytes).then((items) => {
      taking = false;
      if (items.length === 0) return lookLater();
      carry(items);
      wake();
    });
  };

  /** What waits could not be read: damaged, or the disk fails. */
  const lookLater = () => {
    tellIdle();
    if (!stopped) cancelTimer ??= clock.after(LOOK_AGAIN_MS, onTimer);
  };

  const carry = async (items: readonly Item[]) => {
    underWay++;
    const left = await send(items);
    underWay--;
    if (left.length > 0) backlog.giveBack(left);
    wake();
  };

  const tellIdle = () => {
    const isIdle = !taking && underWay === 0 && (stopped || backlog.state.items === 0);
    if (!isIdle) return;
    for (const tell of idle.splice(0)) tell();
  };

  const whenIdle = () =>
    new Promise<void>((resolve) => {
      idle = [...idle, resolve];
      wake();
    });

  return {
    wake,
    drain() {
      draining = true;
      return whenIdle();
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      return whenIdle();
    },
    get underWay() {
      return underWay;
    },
  };
}
