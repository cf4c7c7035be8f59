import type { DescriptorEntry } from "../../schemas/model/rate-limit.ts";
import type { Limit, LimitNode, Wildcard } from "./limit-tree.ts";

/** A limit that a descriptor is held to. */
export interface FoundLimit {
  readonly limit: Limit;
  /** What it is called in statistics, behind the domain. */
  readonly path: readonly string[];
  /** Values that stand in its key, in place of those of the descriptor where all of a wildcard share one count. */
  readonly values: readonly string[];
}

/** One entry of a descriptor, found. */
interface Step {
  readonly node: LimitNode;
  readonly entry: DescriptorEntry;
  /** Whether the value was named, matched by a wildcard, or left open. */
  readonly by: "value" | Wildcard | "key";
}

/**
 * Walks the entries down from a domain: key and value as they stand, else the first wildcard that matches, else the key alone. Only the last
 * entry's limit counts: descriptors that are longer or shorter than the configuration have none.
 */
export function findLimit(domain: LimitNode, entries: readonly DescriptorEntry[]): FoundLimit | undefined {
  const steps: Step[] = [];
  let node: LimitNode = domain;
  for (const entry of entries) {
    const step = stepTo(node, entry);
    if (step === undefined) return undefined;
    steps.push(step);
    node = step.node;
  }
  const { limit } = node;
  if (limit === undefined || steps.length === 0) return undefined;
  return {
    limit,
    path: steps.map((step) => (limit.detailedMetric ? detailedName(step, steps.some(isShared)) : nameOf(step))),
    values: steps.map((step) => sharedValue(step) ?? step.entry.value),
  };
}

function stepTo({ children, wildcards }: LimitNode, entry: DescriptorEntry): Step | undefined {
  const full = `${entry.key}_${entry.value}`;
  const named = children.get(full);
  if (named !== undefined) return { node: named, entry, by: "value" };
  const wildcard = wildcards.find(({ parts }) => matchesParts(parts, full));
  if (wildcard !== undefined) return { node: wildcard.node, entry, by: wildcard };
  const open = children.get(entry.key);
  return open && { node: open, entry, by: "key" };
}

/** Whether a text begins with the first part, ends with the last, and has the others between them in order. Linear: each is looked for once. */
export function matchesParts(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

const isWildcard = ({ by }: Step): boolean => typeof by === "object";
const isShared = (step: Step): boolean => isWildcard(step) && step.node.shareThreshold;

/** The value of the wildcard itself, where all that it matches share one count. */
const sharedValue = (step: Step): string | undefined => (isShared(step) ? patternOf(step) : undefined);

/** A wildcard without its key. */
function patternOf({ by, entry }: Step): string {
  const key = typeof by === "object" ? by.key : "";
  return key.startsWith(`${entry.key}_`) ? key.slice(entry.key.length + 1) : key;
}

/** As the configuration has it, or with the value of the request where that is asked for. */
function nameOf(step: Step): string {
  const { node, entry, by } = step;
  const value = (): string => {
    if (isShared(step)) return patternOf(step);
    if (node.valueToMetric || by === "value") return entry.value;
    return by === "key" ? "" : patternOf(step);
  };
  return joined(entry.key, value());
}

/** With the values of the request. */
function detailedName(step: Step, shares: boolean): string {
  const { key, value } = step.entry;
  if (isShared(step)) return joined(key, patternOf(step));
  return shares ? joined(key, value) : `${key}_${value}`;
}

const joined = (key: string, value: string): string => (value === "" ? key : `${key}_${value}`);
