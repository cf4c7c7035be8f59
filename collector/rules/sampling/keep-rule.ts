import type { Expression, Slots } from "../../expr/expression.ts";
import type { PerService } from "./service-rates.ts";

/** Which traces are kept, and how many of them. What is not asked for is undefined. */
export interface KeepRule {
  readonly name: string;
  /** Must be true of one span of the trace. */
  readonly when: Expression | undefined;
  /** From the start of the first span to the end of the last, at least. */
  readonly minDurationMs: number | undefined;
  readonly minSpans: number | undefined;
  /** The part of these traces that is kept. */
  readonly rate: number;
  readonly perService: PerService | undefined;
}

/** How whole traces are sampled. */
export interface TailSettings {
  /** A trace is decided when no span of it has come for so long, or, where its root has come, for so long. */
  readonly quietMs: number;
  readonly quietAfterRootMs: number | undefined;
  /** And at the latest so long after its first. */
  readonly longestMs: number;
  /** What waits takes up at most so much; beyond it the oldest traces are decided. */
  readonly maxBytes: number;
  /** Decisions remembered for spans that come late. */
  readonly remember: number;
  /** The first that fits decides; traces that none fits are left out. */
  readonly keep: readonly KeepRule[];
}

/** A trace as rules see it. */
export interface TraceFacts {
  /** Bit by bit, the rules whose `when` was true of a span. */
  readonly matched: number;
  readonly spans: number;
  /** Milliseconds since the epoch; undefined where no span says. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

/** The place of the first rule that fits a trace; -1 if none does. What fits once fits for good: facts only grow. */
export function firstFit(rules: readonly KeepRule[], facts: TraceFacts): number {
  for (let i = 0; i < rules.length; i++) if (fits(rules[i]!, i, facts)) return i;
  return -1;
}

/** Bit by bit, the rules that one more span matches, as far as they can still make a difference to its trace. */
export function matchedBy(rules: readonly KeepRule[], facts: TraceFacts, values: Slots): number {
  const first = firstFit(rules, facts);
  let matched = 0;
  for (let i = 0; i < rules.length && i !== first; i++) {
    if ((facts.matched & (1 << i)) === 0 && rules[i]!.when?.evaluate(values) === true) matched |= 1 << i;
  }
  return matched;
}

function fits({ when, minDurationMs, minSpans }: KeepRule, place: number, facts: TraceFacts): boolean {
  if (when !== undefined && (facts.matched & (1 << place)) === 0) return false;
  if (minSpans !== undefined && facts.spans < minSpans) return false;
  if (minDurationMs === undefined) return true;
  const { startMs, endMs } = facts;
  return startMs !== undefined && endMs !== undefined && endMs - startMs >= minDurationMs;
}

/** For each rule whether the outcome is certain once it fits, since all before it would come to the same. */
export function certainOnes(rules: readonly KeepRule[]): readonly boolean[] {
  return rules.map(
    (rule, place) =>
      place === 0 ||
      rules.slice(0, place + 1).every(({ rate, perService }) => perService === undefined && rate === rule.rate),
  );
}
