import { passes, thresholdOf } from "../../../schemas/model/trace-state.ts";
import { certainOnes, firstFit, type KeepRule } from "./keep-rule.ts";
import { ServiceRates } from "./service-rates.ts";
import type { TraceDecision, WaitingTrace } from "./waiting-trace.ts";

/** The name of what decides on traces that no rule fits. */
export const noRule = "none";
/** Decisions that are looked through for the same. */
const maxShared = 64;

/** Decides on traces, by what is known of them. */
export interface Decider {
  /** Whether nothing that may come of a trace would change the decision. */
  isCertain(trace: WaitingTrace): boolean;
  decide(trace: WaitingTrace, atEnd: boolean): TraceDecision;
}

/** Decides by these rules; `now` is a clock that never goes back. */
export function createDecider(keep: readonly KeepRule[], now: () => number): Decider {
  const certain = certainOnes(keep);
  const rates = keep.map(({ perService }) => perService && new ServiceRates(perService));
  const share = createShared();

  return {
    isCertain: (trace) => certain[firstFit(keep, trace)] ?? false,
    decide(trace, atEnd) {
      const place = firstFit(keep, trace);
      const rule = keep[place];
      if (rule === undefined) return share({ rule: noRule, kept: false, threshold: undefined, atEnd });
      const rate = rates[place]?.next(trace.service ?? "", trace.weight, now()) ?? rule.rate;
      const decided = { rule: rule.name, atEnd };
      if (rate <= 0 || rate >= 1) return share({ ...decided, kept: rate >= 1, threshold: undefined });
      const threshold = thresholdOf(rate);
      const kept = passes(threshold, trace.id, { threshold: undefined, randomness: trace.randomness });
      return share({ ...decided, kept, threshold: kept ? threshold : undefined });
    },
  };
}

/** Gives the same object for the same decision, as far as it is one of the last: many are remembered. */
function createShared(): (decision: TraceDecision) => TraceDecision {
  const last: TraceDecision[] = [];
  return (decision) => {
    const { rule, kept, threshold, atEnd } = decision;
    const isSame = (each: TraceDecision) =>
      each.rule === rule && each.kept === kept && each.threshold === threshold && each.atEnd === atEnd;
    const known = last.find(isSame);
    if (known !== undefined) return known;
    if (last.unshift(decision) > maxShared) last.pop();
    return decision;
  };
}
