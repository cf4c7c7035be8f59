import type { MetricsDeclaration } from "../../schemas/model/instance.ts";
import { createEdgeMaker, type EdgeSource } from "./edge-template.ts";
import type { InstanceMaker } from "./instance-maker.ts";
import { createLogEntryMaker, type LogEntrySource } from "./log-entry-template.ts";
import { createLabelSet, createMetricMaker, type LabelSet, type MetricSource } from "./metric-template.ts";
import type { SpansSource } from "./span-relay.ts";
import { createTraceSpanMaker, type TraceSpanSource } from "./trace-span-template.ts";
import { createTupleTable } from "./tuple-table.ts";

/** What an instance of any template is made from; a structural subset of the checked configuration. */
export type InstanceSource = MadeSource | SpansSource | MetricsSource;

/** Metrics of others, which pass rules of their own. */
export interface MetricsSource {
  readonly template: "metrics";
  readonly declaration: MetricsDeclaration;
}

/** What is made of a record; spans and metrics of others are not made, but passed on. */
export type MadeSource = MetricSource | LogEntrySource | EdgeSource | TraceSpanSource;

/** What makers share. */
export interface MakerOptions {
  /** Label combinations kept at once by metrics with the same dimensions. */
  readonly maxTuples: number;
  /** Milliseconds since the epoch. */
  now(): number;
}

const TUPLE_IDLE_MS = 600_000;
/** Characters of label texts, for each label combination allowed. */
const CHARACTERS_PER_TUPLE = 512;

/** The makers of these instances by name; metrics with the same dimensions share their labels. */
export function createMakers(
  names: ReadonlySet<string>,
  instances: ReadonlyMap<string, InstanceSource>,
  options: MakerOptions,
): Map<string, InstanceMaker> {
  const labelsOf = createLabelSets(options);
  return new Map(
    [...names].flatMap((name) => {
      const source = instances.get(name);
      if (source === undefined) throw new Error(`instance ${name} is not in the checked configuration`);
      const { template } = source;
      return template === "spans" || template === "metrics" ? [] : [[name, createMaker(source, labelsOf, options)]];
    }),
  );
}

function createMaker(
  source: MadeSource,
  labelsOf: (source: MetricSource) => LabelSet,
  { now }: MakerOptions,
): InstanceMaker {
  switch (source.template) {
    case "metric":
      return createMetricMaker(source, labelsOf(source));
    case "logentry":
      return createLogEntryMaker(source, now);
    case "edge":
      return createEdgeMaker(source, now);
    case "tracespan":
      return createTraceSpanMaker(source);
  }
}

function createLabelSets({ maxTuples, now }: MakerOptions): (source: MetricSource) => LabelSet {
  const sets = new Map<string, LabelSet>();
  return ({ dimensions }) => {
    const key = JSON.stringify(dimensions.map(({ name, expression }) => [name, expression.text]));
    const names = dimensions.map(({ name }) => name);
    const maxCharacters = maxTuples * CHARACTERS_PER_TUPLE;
    const set =
      sets.get(key) ??
      createLabelSet(dimensions, createTupleTable({ names, maxTuples, maxCharacters, idleMs: TUPLE_IDLE_MS, now }));
    sets.set(key, set);
    return set;
  };
}
