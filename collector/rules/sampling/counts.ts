/** Why a trace was decided when it was. */
export type Cause =
  /** The outcome was known before its end. */
  | "certain"
  /** No more of its spans came, or it had waited for the longest time. */
  | "quiet"
  | "longest"
  /** What waits had reached its limit, and this trace was the oldest. */
  | "memory"
  /** A reload changed or removed what it waited for, or the hub stopped. */
  | "reload"
  | "closed";

/** What came of a number of traces. */
export interface DecisionCount {
  readonly rule: string;
  readonly cause: Cause;
  readonly kept: boolean;
  traces: number;
}

/** What sampling did to the spans that rules selected for one handler, as instances of one name, since the hub started. */
export class SamplingCounts {
  /** Spans, by what decided: the name of a rule, or the setting. */
  readonly kept = new Map<string, number>();
  readonly leftOut = new Map<string, number>();
  /** Of them, those that came after their trace was decided at its end. */
  lateKept = 0;
  lateLeftOut = 0;
  readonly decisions: DecisionCount[] = [];

  /** Counts spans as kept or left out. */
  spans(kept: boolean, reason: string, count: number): void {
    if (count === 0) return;
    const counts = kept ? this.kept : this.leftOut;
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }

  late(kept: boolean): void {
    if (kept) this.lateKept++;
    else this.lateLeftOut++;
  }

  /** Counts a trace as decided. */
  trace(rule: string, cause: Cause, kept: boolean): void {
    const same = this.decisions.find((each) => each.rule === rule && each.cause === cause && each.kept === kept);
    if (same === undefined) this.decisions.push({ rule, cause, kept, traces: 1 });
    else same.traces++;
  }
}
