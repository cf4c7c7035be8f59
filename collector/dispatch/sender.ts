import type { LaneConfig } from "../config/lane-schema.ts";
import type { Attempt } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { type Item, recordsIn } from "./item.ts";
import type { Ledger } from "./ledger.ts";

/** What a sender needs beside the attempts. */
export interface SenderOptions {
  readonly attempt: Attempt;
  readonly retry: LaneConfig["retry"];
  /** Give a batch up after this long; 0 never. */
  readonly maxElapsedMs: number;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** From 0 up to 1, for jitter. */
  random(): number;
  /** Aborted when no time is left. */
  readonly closing: AbortSignal;
  /** Sets aside what a backend will never take. Items of a log on disk have ended only when their dead letters are on disk, too: then. */
  bury(items: readonly Item[], reason: string, attempts: number): Promise<void> | undefined;
  /** These have ended, and are in the ledger. */
  ended(items: readonly Item[]): void;
  /** An attempt failed and will be made again, or was the last. */
  onFailure(reason: string): void;
}

/** Sees a batch through: resolves to what has not ended since the lane closed. Never rejects. */
export type Send = (items: readonly Item[]) => Promise<readonly Item[]>;

/** Sends batches until each item has ended: tries again with exponential back-off and jitter, halves what is too large, buries what is refused. */
export function createSender(options: SenderOptions): Send {
  const { attempt, retry, maxElapsedMs, ledger, clock, closing, ended, onFailure } = options;

  const deliver = (items: readonly Item[]) => {
    ledger.delivered += recordsIn(items);
    ledger.lastDeliveredMs = clock.now();
    ended(items);
  };
  const bury = async (...[items, reason, attempts]: Parameters<SenderOptions["bury"]>): Promise<void> => {
    await options.bury(items, reason, attempts);
    ended(items);
  };
  const fail = (reason: string) => {
    ledger.lastError = { atMs: clock.now(), reason };
    onFailure(reason);
  };
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (closing.aborted) return resolve();
      const done = () => {
        cancel();
        closing.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      closing.addEventListener("abort", done);
    });

  const send: Send = async (batch) => {
    const sinceMs = clock.now();
    let rest = batch;
    for (let attempts = 1; ; attempts++) {
      if (closing.aborted) return rest;
      const delivery = await attempt(rest);
      if (delivery.status === "delivered") {
        deliver(rest);
        return [];
      }
      fail(delivery.reason);
      if (delivery.status === "rejected" || (delivery.status === "too_large" && rest.length === 1)) {
        await bury(rest, delivery.reason, attempts);
        return [];
      }
      if (delivery.status === "too_large") return halves(rest);
      if (delivery.status === "partial") {
        const { retry: again = [], rejected } = delivery;
        await bury(pick(rest, rejected), delivery.reason, attempts);
        deliver(leaveOut(rest, [...rejected, ...again]));
        rest = pick(rest, again);
        if (rest.length === 0) return [];
      }
      if (maxElapsedMs > 0 && clock.now() - sinceMs >= maxElapsedMs) {
        ledger.drop("expired", recordsIn(rest));
        ended(rest);
        return [];
      }
      ledger.retries++;
      await pause(Math.max(delivery.afterMs ?? 0, backOffMs(attempts)));
    }
  };

  /** The first half ends before the second begins, so that the order stays. */
  const halves = async (items: readonly Item[]): Promise<readonly Item[]> => {
    const middle = items.length >> 1;
    const first = await send(items.slice(0, middle));
    return [...first, ...(await send(items.slice(middle)))];
  };

  const backOffMs = (attempts: number): number =>
    Math.min(retry.max, retry.initial * 2 ** Math.min(attempts - 1, 30)) * (0.5 + options.random());

  return send;
}

const pick = (items: readonly Item[], indexes: readonly number[]): readonly Item[] =>
  [...new Set(indexes)].sort((a, b) => a - b).flatMap((index) => items[index] ?? []);

function leaveOut(items: readonly Item[], indexes: readonly number[]): readonly Item[] {
  const out = new Set(indexes);
  return items.filter((_, index) => !out.has(index));
}
