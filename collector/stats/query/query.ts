import type { VirtualKind } from "../dimensions.ts";

/** Whose entries count; see `counted` in reporter.ts. */
export const reporterChoices = ["auto", "inbound", "outbound"] as const;
/** One of them. */
export type ReporterChoice = (typeof reporterChoices)[number];

/** What a node of the graph is. */
export const nodeLevels = ["service", "workload", "version", "namespace", "cluster"] as const;
/** One of them. */
export type NodeLevel = (typeof nodeLevels)[number];

/** What a time series shows. */
export const measureNames = [
  "requests",
  "errors",
  "rate",
  "errorRatio",
  "bytesIn",
  "bytesOut",
  "connections",
  "duration",
] as const;
/** One of them. */
export type MeasureName = (typeof measureNames)[number];

/** Statistics of durations. */
export const statNames = ["p50", "p90", "p95", "p99", "mean", "max"] as const;
/** One of them. */
export type StatName = (typeof statNames)[number];

/** What lists of services and edges may be sorted by; descending, but for names. */
export const sortKeys = ["name", "requests", "errors", "errorRatio", "p50", "p90", "p95", "p99", "bytes"] as const;
/** One of them. */
export type SortKey = (typeof sortKeys)[number];

/** What every query says. */
export interface RangeQuery {
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Milliseconds since the epoch; what lies in the future is cut off. */
  readonly to: number;
  readonly reporter: ReporterChoice;
  /** An expression over stored attributes. */
  readonly where?: string;
}

/** Asks for the services that were called. */
export interface ServicesQuery extends RangeQuery {
  readonly limit: number;
  readonly sort: SortKey;
  /** Whether services without traffic in the range are listed too. */
  readonly idle: boolean;
  /** Milliseconds to go back for `previous`, below 0. */
  readonly compare?: number;
}

/** Asks for the graph. */
export interface EdgesQuery extends ServicesQuery {
  readonly level: NodeLevel;
  /** Only what is within `depth` edges of this node. */
  readonly focus?: string;
  readonly depth: number;
}

/** Asks for values over time. */
export interface TimeseriesQuery extends RangeQuery {
  readonly measures: readonly MeasureName[];
  readonly stats: readonly StatName[];
  /** Stored attributes. */
  readonly by: readonly string[];
  /** Seconds; by default the smallest fitting one. */
  readonly step?: number;
  /** Groups; the rest is summed as one. */
  readonly limit: number;
  readonly compare?: number;
}

/** Asks which values an attribute had. */
export interface ValuesQuery extends RangeQuery {
  readonly attribute: string;
  readonly limit: number;
}

/** A query, as it goes to the store's thread. */
export type StatsQuery =
  | { readonly kind: "services"; readonly query: ServicesQuery }
  | { readonly kind: "edges"; readonly query: EdgesQuery }
  | { readonly kind: "timeseries"; readonly query: TimeseriesQuery }
  | { readonly kind: "values"; readonly query: ValuesQuery };

/** What is wrong with a query. */
export interface QueryProblem {
  readonly parameter: string;
  readonly message: string;
  /** What would be right, where that is a list. */
  readonly allowed?: readonly string[];
  /** The nearest right name. */
  readonly suggestion?: string;
  /** Where in the parameter's text, both from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** An answer, or why there is none: `invalid` is the asker's, the others are ours and may pass. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly kind: "invalid" | "timeout" | "tooLarge" | "busy" | "unavailable";
      readonly problems: readonly QueryProblem[];
    };

/** Thrown inside the engine to end a query; `Answer` is what leaves it. */
export class QueryFailure extends Error {
  readonly kind: "invalid" | "timeout" | "tooLarge";
  readonly problems: readonly QueryProblem[];

  constructor(kind: "invalid" | "timeout" | "tooLarge", ...problems: QueryProblem[]) {
    super(problems.map(({ parameter, message }) => `${parameter}: ${message}`).join("; "));
    this.kind = kind;
    this.problems = problems;
  }
}

/** What an answer covers; times as RFC 3339. */
export interface Interval {
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  readonly resolution: string;
  /** Up to here everything that came in time is in the answer. */
  readonly completeUntil: string;
}

/** States of health, worst first. */
export const healthStates = ["failing", "degraded", "healthy", "idle", "unknown"] as const;

/** How a service, edge or node does. */
export interface Health {
  readonly status: (typeof healthStates)[number];
  /** Which rule decided; null when none was broken. */
  readonly reason: string | null;
  /** What the rule measured, and the limit it broke. */
  readonly ratio: number | null;
  readonly limit: number | null;
  /** Requests (TCP: closed connections) looked at. */
  readonly requests: number;
  /** Too few to tell. */
  readonly few: boolean;
}

/** How many requests ended in one way. */
export interface ResponseCount {
  readonly code: number | null;
  readonly grpc: string | number | null;
  readonly flags: string | null;
  readonly requests: number;
  /** Closed TCP connections that ended so; only where there were some. */
  readonly connections?: number;
}

/** An example request. */
export interface ExemplarAnswer {
  readonly traceId: string;
  readonly at: string;
  readonly durationMs: number | null;
  readonly code: number | null;
}

/** What is said of a service, an edge or a node. */
export interface Measures {
  readonly requests: number;
  readonly errors: number;
  readonly rate: number;
  readonly errorRatio: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: { readonly [K in StatName]: number | null };
  readonly classes: { readonly [name: string]: number };
  readonly responses: readonly ResponseCount[];
  readonly connections: { readonly opened: number; readonly closed: number };
  readonly mtlsRatio: number | null;
  readonly seenBy: readonly ("inbound" | "outbound")[];
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly health: Health;
}

/** A service in the list of services. */
export interface ServiceAnswer extends Measures {
  readonly name: string;
  readonly namespace: string | null;
}

/** GET /api/v1/stats/services. */
export interface ServicesAnswer {
  readonly interval: Interval;
  readonly services: readonly ServiceAnswer[];
  readonly truncated: boolean;
  readonly hidden: { readonly services: number; readonly requests: number };
  readonly previous?: ServicesAnswer;
}

/** A node of the graph; its measures are those of the traffic into it. */
export interface NodeAnswer extends Measures {
  readonly id: string;
  readonly name: string;
  readonly namespace: string | null;
  /** At level version. */
  readonly version?: string | null;
  /** What it is, where no proxy and no program of its own tells of it. */
  readonly virtual?: VirtualKind;
}

/** An edge of the graph. */
export interface EdgeAnswer extends Measures {
  readonly source: string;
  readonly destination: string;
  readonly protocol: string | null;
  readonly exemplars: readonly ExemplarAnswer[];
}

/** GET /api/v1/stats/edges. */
export interface EdgesAnswer {
  readonly interval: Interval;
  readonly nodes: readonly NodeAnswer[];
  readonly edges: readonly EdgeAnswer[];
  readonly truncated: boolean;
  readonly hidden: { readonly edges: number; readonly requests: number };
  readonly previous?: EdgesAnswer;
}

/** One line of a chart. */
export interface SeriesAnswer {
  readonly measure: MeasureName;
  /** Durations: which statistic; connections: opened or closed. */
  readonly stat?: StatName | "opened" | "closed";
  readonly labels: { readonly [attribute: string]: string | number | boolean | null };
  /** The sum of the groups beyond the limit. */
  readonly other?: true;
  readonly values: readonly (number | null)[];
}

/** GET /api/v1/stats/timeseries. */
export interface TimeseriesAnswer {
  readonly interval: Interval;
  /** Starts of the steps, seconds since the epoch. */
  readonly times: readonly number[];
  readonly series: readonly SeriesAnswer[];
  /** The same groups, earlier by what `compare` says. */
  readonly previous?: readonly SeriesAnswer[];
}

/** GET /api/v1/stats/values. */
export interface ValuesAnswer {
  readonly interval: Interval;
  readonly attribute: string;
  readonly values: readonly { readonly value: string | number | boolean; readonly requests: number }[];
  readonly truncated: boolean;
}

/** The answer to each kind of query. */
export interface Answers {
  services: ServicesAnswer;
  edges: EdgesAnswer;
  timeseries: TimeseriesAnswer;
  values: ValuesAnswer;
}
