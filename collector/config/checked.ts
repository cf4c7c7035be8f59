import type { Adapter } from "../../adapters/adapter.ts";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type {
  EdgeDeclaration,
  InstanceDeclaration,
  LogEntryDeclaration,
  MetricDeclaration,
  MetricsDeclaration,
  QuestionTemplate,
  SpansDeclaration,
  TraceSpanDeclaration,
} from "../../schemas/model/instance.ts";
import type { Expression } from "../expr/expression.ts";
import type { CheckedPolicy } from "./checked-policy.ts";
import type { LaneConfig } from "./lane-schema.ts";
import type { HubConfig } from "./schema.ts";
import type { ShownConfig } from "./show-config.ts";

/** A label, variable or attribute of an instance: its name and the expression that fills it. */
export interface CheckedField {
  readonly name: string;
  readonly expression: Expression;
}

/** A measurement with its expressions checked. */
export interface CheckedMetric {
  readonly template: "metric";
  readonly declaration: MetricDeclaration;
  readonly value: Expression;
  readonly dimensions: readonly CheckedField[];
}

/** A log entry with its expressions checked. */
export interface CheckedLogEntry {
  readonly template: "logentry";
  readonly declaration: LogEntryDeclaration;
  /** Gives text. */
  readonly severity: Expression;
  /** Gives a TIMESTAMP. */
  readonly timestamp: Expression;
  readonly variables: readonly CheckedField[];
  /** Gives a rate, or whether the entry is kept; absent: all are. */
  readonly sample: Expression | undefined;
  /** Whether credentials are masked. */
  readonly redact: boolean;
}

/** An edge with its expressions checked. */
export interface CheckedEdge {
  readonly template: "edge";
  readonly declaration: EdgeDeclaration;
  /** Fields by the names of an EdgePeer. */
  readonly source: readonly CheckedField[];
  readonly destination: readonly CheckedField[];
  readonly protocol: Expression;
  /** Gives a TIMESTAMP. */
  readonly timestamp: Expression;
  readonly redact: boolean;
}

/** A span with its expressions checked. */
export interface CheckedTraceSpan {
  readonly template: "tracespan";
  readonly declaration: TraceSpanDeclaration;
  readonly name: Expression;
  readonly kind: Expression;
  readonly status: Expression;
  readonly service: Expression;
  readonly traceId: Expression;
  /** Absent: a new id, made from what the record holds. */
  readonly spanId: Expression | undefined;
  readonly parentSpanId: Expression;
  /** Both give a TIMESTAMP. */
  readonly startTime: Expression;
  readonly endTime: Expression;
  readonly attributes: readonly CheckedField[];
  readonly redact: boolean;
}

/** So many in a time. */
interface CheckedRate {
  readonly count: number;
  readonly windowMs: number;
}

/** Traces that are kept, and how many of them; what is not asked for is undefined. */
export interface CheckedKeepRule {
  readonly name: string;
  readonly when: Expression | undefined;
  readonly minDurationMs: number | undefined;
  readonly minSpans: number | undefined;
  readonly rate: number;
  readonly perService: CheckedRate | undefined;
}

/** How whole traces are sampled. */
export interface CheckedTail {
  readonly quietMs: number;
  readonly quietAfterRootMs: number | undefined;
  readonly longestMs: number;
  readonly maxBytes: number;
  readonly remember: number;
  readonly keep: readonly CheckedKeepRule[];
}

/** Those spans that are sampled, as they came but for these edits of their attributes. */
export interface CheckedSpans {
  readonly template: "spans";
  readonly declaration: SpansDeclaration;
  readonly sample: Expression | undefined;
  readonly perService: CheckedRate | undefined;
  readonly tail: CheckedTail | undefined;
  readonly set: readonly CheckedField[];
  readonly rename: ReadonlyMap<string, string>;
  readonly redact: readonly string[];
  readonly delete: readonly string[];
}

/** Metrics of others, as they came. */
export interface CheckedMetrics {
  readonly template: "metrics";
  readonly declaration: MetricsDeclaration;
}

/** An instance with its expressions checked. */
export type CheckedInstance =
  | CheckedMetric
  | CheckedLogEntry
  | CheckedEdge
  | CheckedTraceSpan
  | CheckedSpans
  | CheckedMetrics;

/** What handlers are asked about, with its expressions checked. */
export interface CheckedQuestion {
  readonly template: QuestionTemplate;
  /** By their path below `params`. */
  readonly parameters: readonly CheckedField[];
}

/** A rule with its expression checked and its names resolved. */
export interface CheckedRule {
  readonly name: string;
  /** Absent: the rule always applies. */
  readonly match: Expression | undefined;
  readonly actions: readonly { readonly handler: string; readonly instances: readonly string[] }[];
}

/** A policy rule with its expressions checked and its names resolved. */
export interface CheckedPolicyRule {
  readonly name: string;
  /** Absent: the rule always applies. */
  readonly match: Expression | undefined;
  readonly policy: CheckedPolicy;
}

/** A handler with its adapter found and its params checked. */
export interface ReadHandler {
  readonly name: string;
  readonly adapter: Adapter;
  /** The adapter's own expressions, by setting. */
  readonly computed: ReadonlyMap<string, Expression>;
  /** Settings as the adapter's schema gave them, defaults filled in. */
  readonly params: unknown;
  /** What rules send to it, in order of first mention. */
  readonly instances: readonly InstanceDeclaration[];
}

/** A handler with all its settings checked. */
export interface CheckedHandler extends ReadHandler {
  /** How what it gets waits and is sent. */
  readonly lane: LaneConfig;
}

/** A configuration in which every name is resolved and every expression compiled, once. */
export interface CheckedConfig {
  readonly config: HubConfig;
  readonly vocabulary: Vocabulary;
  readonly handlers: ReadonlyMap<string, CheckedHandler>;
  readonly instances: ReadonlyMap<string, CheckedInstance>;
  /** The instances that policy rules ask about. */
  readonly questions: ReadonlyMap<string, CheckedQuestion>;
  /** Those that send something somewhere. */
  readonly rules: readonly CheckedRule[];
  /** Those that decide, in the order in which they are tried. */
  readonly policy: readonly CheckedPolicyRule[];
  /** What may be shown of it. */
  readonly shown: ShownConfig;
}
