import type { Int64, Timestamp } from "./value.ts";

/**
 * One interned combination of label values, in the order of `names`. The rule table hands out the same object for the
 * same values while they are in use, so an adapter may key a Map by it; after long disuse or a reload the same values
 * may come as a new object, so the first meeting of an object looks the values up.
 * `overflow` names the label whose values exceeded the budget, in which case that label's value is `{other}`.
 */
export interface LabelTuple {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly overflow?: string;
}

/** A measurement made by a rule: template `metric`. */
export interface MetricInstance {
  readonly template: "metric";
  /** Name of the instance in the configuration. */
  readonly instance: string;
  readonly labels: LabelTuple;
  /** The value as a number: durations in nanoseconds, timestamps in seconds since the epoch, booleans as 0 or 1. */
  readonly value: number;
  /** How many requests this one stands for (sampling); 1 without sampling. */
  readonly weight: number;
  /** Lower-case hex trace id of the request, if one was logged and not known to be unsampled. */
  readonly traceId: string | undefined;
}

/** Every template a rule can send; later templates join here. */
export interface Templates {
  metric: MetricInstance;
}

/** The name of a template. */
export type Template = keyof Templates;

/** The instance type of a template. */
export type InstanceOf<T extends Template> = Templates[T];

/** What an adapter is told about an instance before the first one arrives. */
export interface InstanceDeclaration {
  readonly name: string;
  readonly template: Template;
  /** metric: the type of the value expression, and the label names in order. */
  readonly valueType: import("./value.ts").ValueType;
  readonly labelNames: readonly string[];
}

/** Re-exported for adapter authors, who meet these in instances. */
export type { Int64, Timestamp };
