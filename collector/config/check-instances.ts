import type { MetricDeclaration, Template } from "../../schemas/model/instance.ts";
import type { ValueType } from "../../schemas/model/value.ts";
import { valueTypes } from "../../schemas/model/value.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { CheckedDimension, CheckedInstance } from "./checked.ts";
import type { Path } from "./problem.ts";
import { child, type Entry, entriesOf, isEmpty, textOf } from "./tree.ts";

/** An instance as far as it could be read. */
export interface ReadInstance {
  /** Undefined where the template is missing or misspelt. */
  readonly template: Template | undefined;
  /** Best guess where parts are faulty; see `sound`. */
  readonly declaration: MetricDeclaration;
  /** Undefined if anything is faulty. */
  readonly checked: CheckedInstance | undefined;
}

/** Compiles the expressions of every instance. */
export function checkInstances(
  instances: readonly Entry[],
  expressions: ExpressionReader,
): ReadonlyMap<string, ReadInstance> {
  return new Map(instances.map((entry) => [entry.key, readInstance(entry, expressions)]));
}

function readInstance({ key, value: tree }: Entry, expressions: ExpressionReader): ReadInstance {
  const path: Path = ["instances", key, "params"];
  const params = child(tree, "params");
  const valueTree = child(params, "value");
  const value = isEmpty(valueTree)
    ? expressions.literal("1", "value")
    : expressions.read(valueTree, [...path, "value"], "value");
  const labels = entriesOf(child(params, "dimensions"));
  const dimensions = labels.flatMap((label): CheckedDimension[] => {
    const expression = expressions.read(label.value, [...path, "dimensions", label.key], "label");
    return expression === undefined ? [] : [{ name: label.key, expression }];
  });
  const template = textOf(child(tree, "template"));
  const declaration: MetricDeclaration = {
    name: key,
    template: "metric",
    valueType: toValueType(value?.type),
    labelNames: labels.map((label) => label.key),
  };
  const whole = value !== undefined && dimensions.length === labels.length && template === "metric";
  return {
    template: template === "metric" ? template : undefined,
    declaration,
    checked: whole ? { declaration, value, dimensions } : undefined,
  };
}

function toValueType(type: string | undefined): ValueType {
  return valueTypes.find((known) => known === type) ?? "DOUBLE";
}
