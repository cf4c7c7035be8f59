import type { Expression, Requirement, Slots } from "../expr/expression.ts";

/** What the index needs to know of a rule. */
export interface IndexedRule {
  /** Absent: the rule always applies. */
  readonly match: Expression | undefined;
}

/** Finds the rules that apply to a record without evaluating those that cannot. */
export interface RuleIndex<Rule> {
  /** Calls `visit` for each rule that applies, in file order within one value; true if there was any. */
  each(values: Slots, visit: (rule: Rule) => void): boolean;
}

interface Bucket<Rule> {
  readonly slot: number;
  readonly rulesByValue: ReadonlyMap<Requirement["value"], readonly Rule[]>;
}

/**
 * An equality index: a rule whose expression needs `attribute == value` is looked up by that value, and evaluated only
 * when the record has it. Of several such equalities the one whose attribute the most rules name is used, so that few
 * look-ups serve many rules. Rules without one are evaluated for every record.
 */
export function createRuleIndex<Rule extends IndexedRule>(rules: readonly Rule[]): RuleIndex<Rule> {
  const popularity = new Map<number, number>();
  for (const { match } of rules) {
    for (const { slot } of match?.requires ?? []) popularity.set(slot, (popularity.get(slot) ?? 0) + 1);
  }
  const keyOf = ({ match }: Rule): Requirement | undefined =>
    [...(match?.requires ?? [])].sort((a, b) => (popularity.get(b.slot) ?? 0) - (popularity.get(a.slot) ?? 0))[0];

  const buckets = new Map<number, Map<Requirement["value"], Rule[]>>();
  const always: Rule[] = [];
  for (const rule of rules) {
    const key = keyOf(rule);
    if (key === undefined) {
      always.push(rule);
      continue;
    }
    const byValue = buckets.get(key.slot) ?? new Map<Requirement["value"], Rule[]>();
    buckets.set(key.slot, byValue);
    byValue.set(key.value, [...(byValue.get(key.value) ?? []), rule]);
  }
  const indexed: readonly Bucket<Rule>[] = [...buckets].map(([slot, rulesByValue]) => ({ slot, rulesByValue }));

  const visitMatching = (candidates: readonly Rule[], values: Slots, visit: (rule: Rule) => void): boolean => {
    let any = false;
    for (const rule of candidates) {
      if (rule.match !== undefined && rule.match.evaluate(values) !== true) continue;
      any = true;
      visit(rule);
    }
    return any;
  };

  return {
    each(values, visit) {
      let any = visitMatching(always, values, visit);
      for (const { slot, rulesByValue } of indexed) {
        const value = values[slot];
        const candidates = value === undefined ? undefined : rulesByValue.get(value as Requirement["value"]);
        if (candidates !== undefined && visitMatching(candidates, values, visit)) any = true;
      }
      return any;
    },
  };
}
