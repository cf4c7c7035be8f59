import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { parseDuration } from "../../../schemas/model/time-text.ts";
import type { ConfigProblem } from "../../adapter.ts";
import { bucketFault } from "./buckets.ts";
import type { SeriesConfig } from "./config.ts";
import { type MetricDefinition, toDefinitions } from "./definition.ts";
import { entryProblems } from "./metric-entries.ts";
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
    ...entryProblems(config.metrics, instances),
    ...bucketProblems(config),
    ...definitions.flatMap((definition) => [...labelProblems(config, definition, naming)]),
    ...nameProblems(config, definitions, naming),
  ];
}

/** An expiry that is no duration. */
export function expiryProblems({ expiry }: Pick<SeriesConfig, "expiry">): ConfigProblem[] {
  const nanos = parseDuration(expiry);
  if (nanos !== undefined && nanos >= 0) return [];
  const message = `"${expiry}" is no duration: write one such as 10m, 1h30m or 24h, or 0 for never`;
  return [{ path: ["expiry"], message }];
}

function* bucketProblems({ metrics }: SeriesConfig): Generator<ConfigProblem> {
  for (const [name, { kind, buckets }] of Object.entries(metrics)) {
    if (buckets === undefined) continue;
    const path = ["metrics", name, "buckets"];
    if (kind !== "histogram") yield { path, message: `a ${kind} has no buckets: use kind histogram` };
    const fault = bucketFault(buckets);
    if (fault) yield { path: [...path, ...fault.path], message: fault.message };
  }
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
