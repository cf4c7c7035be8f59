import { absentAttribute, absentKey } from "./absence.ts";
import type { Checked, CheckedCall, CheckedKey } from "./checked.ts";
import type { EvalFailure, Slots } from "./expression.ts";
import type { PlanContext, Probe } from "./plan-context.ts";
import { toKey } from "./values.ts";

/** A node that can fail by absence only, and how it fails then. */
export interface Probed {
  readonly read: Probe;
  /** What is not there, where `read` found nothing. */
  absent(values: Slots): EvalFailure;
}

/** Attribute types whose `string()` cannot fail. */
const printable: ReadonlySet<string> = new Set(["INT64", "BOOL", "STRING", "DOUBLE"]);

/** The probe of an attribute, of a constant key of a map attribute, of their text, or of a default of those. */
export function probe(node: Checked, context: PlanContext): Probed | undefined {
  if (node.op === "attribute") return { read: slotOf(node.slot), absent: always(absentAttribute(node.name)) };
  if (node.op === "key") return probeKey(node, context);
  if (node.op === "call") return probeText(node, context);
  return node.op === "default" ? probeDefault(node.operands, context) : undefined;
}

function always(failure: EvalFailure): () => EvalFailure {
  return () => failure;
}

function slotOf(slot: number): Probe {
  return (values) => values[slot];
}

function probeKey({ map, key }: CheckedKey, context: PlanContext): Probed | undefined {
  if (map.op !== "attribute" || key.op !== "constant" || map.type.kind !== "map") return undefined;
  const name = toKey(key.value);
  if (typeof name !== "string") return undefined;
  context.mayThrow = true;
  const { slot } = map;
  const read: Probe = (values) => (values[slot] as ReadonlyMap<string, string> | undefined)?.get(name);
  const noMap = absentAttribute(map.name);
  const noKey = absentKey(map, key);
  return { read, absent: (values) => (values[slot] === undefined ? noMap : noKey) };
}

function probeText({ name, args }: CheckedCall, context: PlanContext): Probed | undefined {
  const [arg] = args;
  if (name !== "string" || !arg || args.length !== 1 || !printable.has(arg.type.kind)) return undefined;
  const inner = probe(arg, context);
  if (!inner) return undefined;
  const { read, absent } = inner;
  const toText: Probe = (values) => {
    const value = read(values);
    return value === undefined || typeof value === "object" ? undefined : String(value);
  };
  return { read: toText, absent };
}

/** A default that ends in a constant never is absent. */
function probeDefault(operands: readonly Checked[], context: PlanContext): Probed | undefined {
  const [side, last, more] = operands;
  if (!side || last?.op !== "constant" || more) return undefined;
  const inner = probe(side, context);
  if (!inner) return undefined;
  const { read, absent } = inner;
  const fallback = last.value;
  const readOrFallback: Probe = (values) => {
    const value = read(values);
    return value === undefined ? fallback : value;
  };
  return { read: readOrFallback, absent };
}
