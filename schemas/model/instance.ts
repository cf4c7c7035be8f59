import type { Int64, Timestamp, ValueType } from "./value.ts";

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

/** What every instance has. */
interface InstanceBase {
  /** Name of the instance in the configuration. */
  readonly instance: string;
  /** Names it, the same over restarts, where it comes from a log on disk: for consumers that drop what comes twice. */
  readonly id?: string;
  /** Values of the adapter's own expressions for this record, by setting; see `Adapter.config`. Absent ones are left out. */
  readonly computed?: Readonly<Record<string, PlainValue>>;
}

/** A measurement made by a rule: template `metric`. */
export interface MetricInstance extends InstanceBase {
  readonly template: "metric";
  readonly labels: LabelTuple;
  /** The value as a number: durations in nanoseconds, timestamps in seconds since the epoch, booleans as 0 or 1. */
  readonly value: number;
  /** How many requests this one stands for (sampling); 1 without sampling. */
  readonly weight: number;
  /** Lower-case hex trace id of the request, if one was logged and not known to be unsampled. */
  readonly traceId: string | undefined;
}

/**
 * A value in the form in which it leaves the hub, the same as in JSON reports: TIMESTAMP as RFC 3339 in UTC, DURATION as
 * `12.345ms`, IP_ADDRESS as text, INT64 as a number, or as decimal text from 2^53 on, STRING_MAP as an object.
 * A DOUBLE that is no JSON number is `NaN`, `Infinity` or `-Infinity`, as text.
 */
export type PlainValue = string | number | boolean | Readonly<Record<string, string>>;

/** How grave a log entry is: the ranges of OpenTelemetry's severity numbers. */
export type Severity = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** A line of a log made by a rule: template `logentry`. */
export interface LogEntryInstance extends InstanceBase {
  readonly template: "logentry";
  /** When it happened: by default the end of the request. */
  readonly time: Timestamp;
  readonly severity: Severity;
  /** By name, in the order of the declaration; absent ones are left out. */
  readonly variables: Readonly<Record<string, PlainValue>>;
  /** How many requests this one stands for (sampling); 1 without sampling. */
  readonly weight: number;
  /** Lower-case hex, 32 and 16 digits, where the request carried a trace context, sampled or not. */
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** One end of an edge; what is not known is left out. */
export interface EdgePeer {
  readonly name?: string;
  readonly namespace?: string;
  readonly workload?: string;
  readonly service?: string;
  readonly uid?: string;
  readonly owner?: string;
  readonly cluster?: string;
}

/** Who called whom: template `edge`. */
export interface EdgeInstance extends InstanceBase {
  readonly template: "edge";
  readonly time: Timestamp;
  readonly source: EdgePeer;
  readonly destination: EdgePeer;
  /** `http`, `grpc`, `tcp`, ... */
  readonly protocol: string | undefined;
}

/** A span made from a record: template `tracespan`. */
export interface TraceSpanInstance extends InstanceBase {
  readonly template: "tracespan";
  /** Lower-case hex: 32 digits, and 16 for span ids. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer";
  readonly startTime: Timestamp;
  readonly endTime: Timestamp;
  readonly status: "unset" | "ok" | "error";
  /** The service that the span belongs to. */
  readonly service: string;
  readonly attributes: Readonly<Record<string, PlainValue>>;
}

/** One series of a metric at a moment, as an adapter that sums up in process gives it to be sent: template `point`. */
export interface PointInstance extends InstanceBase {
  readonly template: "point";
  /** Name of the metric as configured; counters without `_total`. */
  readonly name: string;
  readonly unit?: string;
  readonly help?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the time between `startMs` and `timeMs` came to (delta), or all since `startMs` (cumulative). */
  readonly temporality: "delta" | "cumulative";
  readonly startMs: number;
  readonly timeMs: number;
  readonly data: PointData;
  /** The metric instances that came into it since the series' last point, for the loss ledger. */
  readonly records: number;
  /** Traces that values came from, since the series' last point: at most one for a counter, and one for each bucket. */
  readonly exemplars?: readonly PointExemplar[];
  /** True where the series ends: it repeats the last point, and none follows unless the series begins anew. */
  readonly ended?: boolean;
}

/** A trace that a value of a series came from. */
export interface PointExemplar {
  readonly traceId: string;
  readonly value: number;
  readonly timeMs: number;
}

/** The value of a point. `buckets` counts values up to each bound, not added up, and last those above all bounds. */
export type PointData =
  | { readonly kind: "counter" | "gauge"; readonly value: number }
  | {
      readonly kind: "histogram";
      readonly count: number;
      readonly sum: number;
      readonly min?: number;
      readonly max?: number;
      readonly bounds: readonly number[];
      readonly buckets: readonly number[];
    };

/**
 * Spans that rules selected, of one resource, as they came: template `spans`. `bytes` is the resource_spans field of an
 * ExportTraceServiceRequest, tag and length included: instances one behind the other are a request.
 */
export interface SpansInstance extends InstanceBase {
  readonly template: "spans";
  readonly bytes: Uint8Array;
  readonly spans: number;
}

/**
 * Metrics of others that rules selected, of one resource, as they came: template `metrics`. `bytes` is the resource_metrics
 * field of an ExportMetricsServiceRequest, tag and length included: instances one behind the other are a request.
 */
export interface MetricsInstance extends InstanceBase {
  readonly template: "metrics";
  readonly bytes: Uint8Array;
  /** Data points in them. */
  readonly points: number;
}

/** Every template; rules send all but `point`. */
export interface Templates {
  metric: MetricInstance;
  logentry: LogEntryInstance;
  edge: EdgeInstance;
  tracespan: TraceSpanInstance;
  spans: SpansInstance;
  metrics: MetricsInstance;
  point: PointInstance;
}

/** The name of a template. */
export type Template = keyof Templates;

/** Templates of what handlers are asked about by the checks of rules, and are never sent. */
export const questionTemplates = ["listentry", "authorization"] as const;

/** The name of such a template. */
export type QuestionTemplate = (typeof questionTemplates)[number];

/** The instance type of a template. */
export type InstanceOf<T extends Template> = Templates[T];

/** An instance of any template. */
export type Instance = Templates[Template];

/** What an adapter is told about a metric instance before the first one arrives. */
export interface MetricDeclaration {
  readonly name: string;
  readonly template: "metric";
  /** The type of the value expression. */
  readonly valueType: ValueType;
  /** In the order of the tuples. */
  readonly labelNames: readonly string[];
}

/** What an adapter is told about a log entry before the first one arrives. */
export interface LogEntryDeclaration {
  readonly name: string;
  readonly template: "logentry";
  /** Types of the variables by name, in order. */
  readonly variables: Readonly<Record<string, ValueType>>;
}

/** What an adapter is told about an edge before the first one arrives. */
export interface EdgeDeclaration {
  readonly name: string;
  readonly template: "edge";
}

/** What an adapter is told about a span before the first one arrives. */
export interface TraceSpanDeclaration {
  readonly name: string;
  readonly template: "tracespan";
  /** Types of the attributes by name, in order. */
  readonly attributes: Readonly<Record<string, ValueType>>;
}

/** What an adapter is told about relayed spans before the first ones arrive. */
export interface SpansDeclaration {
  readonly name: string;
  readonly template: "spans";
}

/** What an adapter is told about relayed metrics before the first ones arrive. */
export interface MetricsDeclaration {
  readonly name: string;
  readonly template: "metrics";
}

/** What an adapter is told about an instance before the first one arrives. */
export type InstanceDeclaration =
  | MetricDeclaration
  | LogEntryDeclaration
  | EdgeDeclaration
  | TraceSpanDeclaration
  | SpansDeclaration
  | MetricsDeclaration;

/** Re-exported for adapter authors, who meet these in instances. */
export type { Int64, Timestamp };
