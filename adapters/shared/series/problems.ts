import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { nearest } from "../../../schemas/model/nearest.ts";
import { parseDuration } from "../../../schemas/model/time-text.ts";
import type { ConfigProblem } from "../../adapter.ts";
import { bucketFault } from "./buckets.ts";
import type { SeriesConfig } from "./config.ts";
import { durationUnits, type MetricDefinition, toDefinitions } from "./definition.ts";
import type { Naming } from "./naming.ts";
import { overflowLabel } from "./series.ts";

/** Everything that is wrong with the settings, given the instances that rules send; empty if nothing is. */
export function seriesProblems(
  config: SeriesConfig,
  instances: readonly InstanceDeclaration[],
  naming: Naming,
): ConfigProblem[] {
  const definitions = toDefinitions(config, instances, naming);
  return [
    ...expiryProblems(config),
    ...entryProblems(config, instances),
    ...definitions.flatMap((definition) => [...labelProblems(config, definition, naming)]),
    ...nameProblems(config, definitions, naming),
  ];
}

function* expiryProblems({ expiry }: SeriesConfig): Generator<ConfigProblem> {
  const nanos = parseDuration(expiry);
  if (nanos !== undefined && nanos >= 0) return;
  yield {
    path: ["expiry"],
    message: `"${expiry}" is no duration: write one such as 10m, 1h30m or 24h, or 0 for never`,
  };
}

function* entryProblems(config: SeriesConfig, instances: readonly InstanceDeclaration[]): Generator<ConfigProblem> {
  const sent = new Map(instances.map((instance) => [instance.name, instance]));
  for (const [name, { kind, unit, buckets }] of Object.entries(config.metrics)) {
    const path = ["metrics", name];
    const instance = sent.get(name);
    if (instance === undefined) yield { path, message: unsentMessage(name, sent.keys()) };
    if (
      instance?.template === "metric" &&
      instance.valueType === "DURATION" &&
      unit !== undefined &&
      !durationUnits.has(unit)
    ) {
      const units = [...durationUnits.keys()];
      yield {
        path: [...path, "unit"],
        message: `"${unit}" is no unit of time${hint(unit, units)}; one of ${units.join(", ")}`,
      };
    }
    if (buckets === undefined) continue;
    if (kind !== "histogram")
      yield { path: [...path, "buckets"], message: `a ${kind} has no buckets: use kind histogram` };
    const fault = bucketFault(buckets);
    if (fault) yield { path: [...path, "buckets", ...fault.path], message: fault.message };
  }
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

function* labelProblems(config: SeriesConfig, definition: MetricDefinition, naming: Naming): Generator<ConfigProblem> {
  const path = placeOf(config, definition);
  const where = `of the instance "${definition.instance}"`;
  const seen = new Map<string, string>();
  for (const [i, label] of definition.labels.entries()) {
    const source = definition.sourceLabels[i]!;
    const earlier = seen.get(label);
    if (earlier !== undefined)
      yield { path, message: `dimensions "${earlier}" and "${source}" ${where} both become the label ${label}` };
    seen.set(label, source);
    const fault = naming.labelFault(label, definition.kind);
    if (fault !== undefined) yield { path, message: `dimension "${source}" ${where} ${fault}` };
    if (label === overflowLabel)
      yield {
        path,
        message: `dimension "${source}" ${where} is kept for the series that takes what exceeds maxSeries`,
      };
  }
}

function* nameProblems(
  config: SeriesConfig,
  definitions: readonly MetricDefinition[],
  naming: Naming,
): Generator<ConfigProblem> {
  const owners = new Map<string, MetricDefinition>();
  for (const definition of definitions) {
    const names = naming.claims(definition.name, definition.kind);
    const taken = names.find((name) => owners.has(name));
    if (taken !== undefined) {
      const other = owners.get(taken)!.instance;
      const message = `instances "${other}" and "${definition.instance}" both need the metric name ${taken}: give one another name`;
      yield { path: placeOf(config, definition), message };
    }
    for (const name of names) owners.set(name, definition);
  }
}

/** The entry of a metric, if it has one. */
function placeOf(config: SeriesConfig, { instance }: MetricDefinition): readonly string[] {
  return Object.hasOwn(config.metrics, instance) ? ["metrics", instance] : [];
}
