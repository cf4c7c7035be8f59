import type { Decision } from "../../../schemas/model/decision.ts";
import type { PackedRows } from "./row-batch.ts";

/** A decision on its way to the store, as JSON. */
export interface DecisionRow {
  readonly timeMs: number;
  /** For how many it stands: of ordinary allowed ones perhaps only some are kept. */
  readonly weight: number;
  readonly body: string;
}

/** How long and how many are kept. */
export interface DecisionRetention {
  readonly retentionMs: number;
  readonly maxRows: number;
}

/** Which decisions are asked for; milliseconds since the epoch, `to` not included. */
export interface DecisionRange {
  readonly from: number;
  readonly to: number;
  readonly where?: string | undefined;
}

/** The newest ones, or those older than where an earlier answer ended. */
export interface ListQuery extends DecisionRange {
  readonly limit: number;
  readonly cursor?: number | undefined;
}

/** What decisions are grouped by. */
export const groupings = ["rule", "revision", "verdict", "shadow", "cache"] as const;

/** One of them. */
export type Grouping = (typeof groupings)[number];

/** Sums over groups of decisions. */
export interface SumQuery extends DecisionRange {
  readonly by: readonly Grouping[];
  /** Most groups. */
  readonly limit: number;
}

/** A page of decisions, newest first. */
export interface DecisionPage {
  readonly decisions: readonly Decision[];
  /** Where to go on; undefined if that was all. */
  readonly cursor: number | undefined;
}

/** Sums of a group; what was sampled counts for all that it stands for. */
export interface DecisionSum {
  readonly labels: { readonly [By in Grouping]?: string | null };
  readonly decisions: number;
  readonly allowed: number;
  readonly denied: number;
  /** Allowed ones that a shadow rule would have refused. */
  readonly shadowDenied: number;
  /** Those in which a rule could not be evaluated. */
  readonly errors: number;
  readonly cacheHits: number;
  readonly durationMs: { readonly mean: number; readonly max: number };
}

/** Groups, those with most decisions first. */
export interface DecisionSums {
  readonly groups: readonly DecisionSum[];
  readonly truncated: boolean;
}

/** What is wrong with a query. */
export interface DecisionProblem {
  readonly parameter: string;
  readonly message: string;
  readonly allowed?: readonly string[];
  readonly line?: number;
  readonly column?: number;
}

/** What a query comes to. */
export type DecisionAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: "invalid" | "unavailable"; readonly problem: DecisionProblem };

/** What the store's thread is told; `nowMs` is the sender's time, which it goes by. */
export type ToDecisions =
  | {
      readonly kind: "keep";
      readonly packed: PackedRows;
      readonly retention: DecisionRetention;
      readonly nowMs: number;
    }
  | { readonly kind: "list"; readonly id: number; readonly query: ListQuery }
  | { readonly kind: "sum"; readonly id: number; readonly query: SumQuery }
  | { readonly kind: "close" };

/** What it tells. */
export type FromDecisions =
  | { readonly kind: "kept"; readonly rows: number }
  /** They could not be written. */
  | { readonly kind: "lost"; readonly rows: number; readonly reason: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: DecisionAnswer<DecisionPage | DecisionSums> };
