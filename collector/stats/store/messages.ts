import type { HealthLimits, StatsSources } from "../../config/stats-schema.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Answer, Answers, StatsQuery } from "../query/query.ts";
import type { QueryLimits } from "../query/scan.ts";
import type { RetentionSeconds } from "../retention.ts";
import type { Batch, StoreCounters } from "./store.ts";

/** What the store's thread is started with: plain data, because it crosses a thread. */
export interface StoreSettings {
  readonly file: string;
  readonly retention: RetentionSeconds;
  readonly maxBytes: number;
  readonly maxUnsavedBytes: number;
  readonly maxSeries: number;
  readonly lockWaitMs: number;
  readonly limits: QueryLimits;
  readonly health: HealthLimits;
  readonly sources: StatsSources;
  /** The time of whoever starts it, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** What the store's thread is told. `nowMs` is the sender's time, which it goes by. */
export type ToStore =
  | { readonly kind: "write"; readonly nowMs: number; readonly batch: Batch }
  | {
      readonly kind: "query";
      readonly nowMs: number;
      readonly id: number;
      readonly asked: StatsQuery;
      readonly open: Batch;
    }
  | { readonly kind: "close"; readonly nowMs: number };

/** What the store's thread tells. */
export type FromStore =
  | { readonly kind: "ready" }
  /** Another hub has the store; nothing is taken until it lets go and "ready" follows. */
  | { readonly kind: "waiting" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "written"; readonly counters: StoreCounters }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer<Answers[keyof Answers]> }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly fields: object;
      readonly message: string;
    }
  | { readonly kind: "closed" };
