import { slotOf } from "../schemas/attributes/vocabulary.ts";
import type { CheckedConfig, CheckedRule } from "./config/checked.ts";
import { sending } from "./decision-records.ts";
import { Layout } from "./graph/layout.ts";
import type { Calls } from "./plan-model.ts";
import type { RuleTable } from "./rules/rule-table.ts";

const signalSlot = slotOf("context.signal");

/** The signals of records that are made of spans. */
const signals = ["call", "unpaired"] as const;

/**
 * The rules that calls reach: those whose match names their signal. A call is no further request, so a rule that says
 * nothing of the signal, or only which ones it does not mean, gets none.
 */
export function rulesOfCalls(rules: readonly CheckedRule[]): CheckedRule[] {
  return rules.filter(({ match }) => {
    if (match === undefined) return false;
    const isAlone = match.slots.every((slot) => slot === signalSlot);
    const conditions = isAlone ? [match] : (match.conditions ?? []).filter(({ slot }) => slot === signalSlot);
    const takes = (signal: string) => conditions.every((each) => each.evaluate(withSignal(signal)) === true);
    return signals.some(takes) && !takes(anyOther);
  });
}

/** Stands for signals that nobody has thought of. */
const anyOther = "";

function withSignal(signal: string): string[] {
  const values: string[] = [];
  values[signalSlot] = signal;
  return values;
}

/** What a plan makes of calls, with the table of its rules; undefined where neither rules nor statistics make anything of them. */
export function createCalls(
  { config: { graph }, instances }: CheckedConfig,
  rules: readonly CheckedRule[],
  counted: readonly number[],
  tableOf: (rules: readonly CheckedRule[]) => RuleTable,
): (Calls & { readonly table: RuleTable | undefined }) | undefined {
  if (graph === null) return undefined;
  // A call is no span that could be passed on.
  const chosen = sending(rulesOfCalls(rules), (name) => instances.get(name)?.template !== "spans");
  if (chosen.length === 0 && counted.length === 0) return undefined;
  const table = chosen.length === 0 ? undefined : tableOf(chosen);
  const { wait, maxSpans, maxBytes } = graph;
  return {
    limits: { waitMs: wait, maxSpans, maxBytes },
    layout: new Layout([...(table?.slots ?? []), ...counted]),
    report: table && ((record) => void table.report(record)),
    table,
  };
}
