import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { LabelTuple, MetricInstance } from "../../schemas/model/instance.ts";
import { isTimestamp } from "../../schemas/model/value.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type Field, type InstanceMaker, slotsReadBy } from "./instance-maker.ts";
import { toLabelText } from "./label-text.ts";
import type { TupleTable } from "./tuple-table.ts";

/** What a metric instance is made from; a structural subset of the checked configuration. */
export interface MetricSource {
  readonly template: "metric";
  readonly declaration: { readonly name: string };
  readonly value: Expression;
  readonly dimensions: readonly Field[];
}

/** Labels that several instances share: computed once for each record. */
export interface LabelSet {
  /** The tuple of one record; `serial` tells records apart. */
  tupleOf(values: Slots, serial: number): LabelTuple;
}

/** Makes the label tuple of a record from dimensions, in their order. */
export function createLabelSet(dimensions: MetricSource["dimensions"], tuples: TupleTable): LabelSet {
  const width = dimensions.length;
  const expressions = dimensions.map(({ expression }) => expression);
  const texts = new Array<string>(width).fill("");
  let done = -1;
  let tuple: LabelTuple | undefined;
  return {
    tupleOf(values, serial) {
      if (serial === done && tuple !== undefined) return tuple;
      for (let label = 0; label < width; label++) {
        const expression = expressions[label] as Expression;
        const value = expression.evaluate(values);
        texts[label] = typeof value === "string" ? value : toLabelText(value, expression.type);
      }
      done = serial;
      tuple = tuples.intern(texts);
      return tuple;
    },
  };
}

const weightSlot = slotOf("context.weight");
const traceIdSlot = slotOf("trace.id");
const sampledSlot = slotOf("trace.sampled");

/** A maker of metric instances. */
export function createMetricMaker(source: MetricSource, labels: LabelSet): InstanceMaker {
  const { name } = source.declaration;
  const { value, dimensions } = source;
  let skipped = 0;
  return {
    redacts: false,
    slots: [
      ...slotsReadBy([value, ...dimensions.map(({ expression }) => expression)]),
      ...[weightSlot, traceIdSlot, sampledSlot],
    ],
    make(values, serial) {
      const measured = toNumber(value.evaluate(values));
      if (measured === undefined) {
        skipped++;
        return undefined;
      }
      const metric: MetricInstance = {
        template: "metric",
        instance: name,
        labels: labels.tupleOf(values, serial),
        value: measured,
        weight: (values[weightSlot] as number | undefined) ?? 1,
        traceId: values[sampledSlot] === false ? undefined : (values[traceIdSlot] as string | undefined),
      };
      return metric;
    },
    get skipped() {
      return skipped;
    },
  };
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (isTimestamp(value)) return value.seconds + value.nanos / 1e9;
  return undefined;
}
