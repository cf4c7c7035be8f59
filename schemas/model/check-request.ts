import type { Json } from "./access-log.ts";
import type { RecordProblem } from "./raw-record.ts";
import type { Verdict } from "./verdict.ts";

/** A request to decide on, as its source wrote it. */
export interface ReportedCheck {
  readonly kind: "report";
  /** Attributes by name. */
  readonly value: Json;
}

/** A request to decide on, in the form of any front. */
export type RawCheck = ReportedCheck;

/** What a front asks, and how. */
export interface CheckCall {
  readonly check: RawCheck;
  /** What holds where no rule decides: the listener says. */
  readonly byDefault: "allow" | "deny";
  /** How long the asker waits at the most, in milliseconds. */
  readonly waitsMs: number;
}

/** What became of a question: the verdict, or why it is none. */
export type CheckReceipt = { readonly verdict: Verdict } | { readonly problem: RecordProblem };
