import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { nearest } from "../../../schemas/model/nearest.ts";
import type { ConfigProblem } from "../../adapter.ts";
import { durationUnits } from "./definition.ts";

/** Settings of metrics by instance, as far as all adapters have them. */
export type MetricEntries = Readonly<Record<string, { readonly unit?: string | undefined }>>;

/** Entries of instances that no rule sends, and units that durations cannot be converted to. */
export function entryProblems(metrics: MetricEntries, instances: readonly InstanceDeclaration[]): ConfigProblem[] {
  const sent = new Map(instances.map((instance) => [instance.name, instance]));
  return Object.entries(metrics).flatMap(([name, { unit }]) => {
    const path = ["metrics", name];
    const instance = sent.get(name);
    if (instance === undefined) return [{ path, message: unsentMessage(name, sent.keys()) }];
    const isDuration = instance.template === "metric" && instance.valueType === "DURATION";
    if (!isDuration || unit === undefined || durationUnits.has(unit)) return [];
    const units = [...durationUnits.keys()];
    const message = `"${unit}" is no unit of time${hint(unit, units)}; one of ${units.join(", ")}`;
    return [{ path: [...path, "unit"], message }];
  });
}

function unsentMessage(name: string, sent: Iterable<string>): string {
  const names = [...sent];
  const known = names.length === 0 ? "it gets none" : `it gets ${names.join(", ")}`;
  return `no rule sends the instance "${name}" to this handler${hint(name, names)}; ${known}`;
}

function hint(name: string, candidates: Iterable<string>): string {
  const close = nearest(name, candidates);
  return close === undefined ? "" : `, did you mean "${close}"?`;
}
