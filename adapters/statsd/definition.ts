import type { InstanceDeclaration, LabelTuple } from "../../schemas/model/instance.ts";
import { durationUnits } from "../shared/series/definition.ts";
import type { Kind, StatsdConfig } from "./config.ts";
import { createNaming, type Name } from "./names.ts";

/** What is known of a metric before its first value. */
export interface Definition {
  /** As on the wire. */
  readonly type: "c" | "g" | "ms" | "h" | "d";
  /** What values are divided by: 1e6 turns nanoseconds into milliseconds. */
  readonly divisor: number;
  nameOf(labels: LabelTuple): Name;
}

const types: Record<Kind, Definition["type"]> = {
  counter: "c",
  gauge: "g",
  timing: "ms",
  histogram: "h",
  distribution: "d",
};

/** Brings settings and declarations together. What was declared before a restart and is not any more is a counter by its name. */
export function toDefinitions(
  settings: StatsdConfig,
  instances: readonly InstanceDeclaration[],
): (instance: string) => Definition {
  const known = new Map<string, Definition>();
  const entries = new Map(Object.entries(settings.metrics));
  const naming = createNaming(settings);
  const durations = new Set(
    instances.filter((each) => each.template === "metric" && each.valueType === "DURATION").map(({ name }) => name),
  );
  const define = (instance: string): Definition => {
    const { name = instance, kind = "counter", unit = "milliseconds" } = entries.get(instance) ?? {};
    const divisor = durations.has(instance) ? (durationUnits.get(unit) ?? 1) : 1;
    return { type: types[kind], divisor, nameOf: remembering((labels) => naming(name, labels)) };
  };
  return (instance) => {
    const definition = known.get(instance) ?? define(instance);
    known.set(instance, definition);
    return definition;
  };
}

/** The same labels come as the same object, mostly: their names are spelled once. */
function remembering(nameOf: (labels: LabelTuple) => Name): (labels: LabelTuple) => Name {
  const names = new WeakMap<LabelTuple, Name>();
  return (labels) => {
    const name = names.get(labels) ?? nameOf(labels);
    names.set(labels, name);
    return name;
  };
}
