import type { AccessLogEntry, StreamOrigin } from "../schemas/model/access-log.ts";
import type { RawCheck } from "../schemas/model/check-request.ts";
import type { MetricBatch, RawMetric } from "../schemas/model/metric.ts";
import type { RawRecord, RecordOrigin, RecordProblem } from "../schemas/model/raw-record.ts";
import type { AttributeRecord, Projection } from "../schemas/model/record.ts";
import type { RawSpan, SpanBatch } from "../schemas/model/span.ts";
import type { Verdict } from "../schemas/model/verdict.ts";
import type { Policy } from "./check/policy.ts";
import type { RateLimits } from "./check/rate-limit/rate-limits.ts";
import type { GraphLimits } from "./graph/call-graph.ts";
import type { Layout } from "./graph/layout.ts";

/** Turns entries of one stream into records: writes every slot of the plan's projection, absent values too. */
export type NormalizeEntry = (entry: AccessLogEntry, record: AttributeRecord) => void;

/** The same for records that came as JSON: says why it refuses one, and adds values that it leaves out of others to a list. */
export type NormalizeRecord = (
  raw: RawRecord,
  record: AttributeRecord,
  leftOut: RecordProblem[],
) => RecordProblem | undefined;

/** The same for spans. */
export type NormalizeSpan = (span: RawSpan, record: AttributeRecord) => void;

/** The same for metrics of others. */
export type NormalizeMetric = (metric: RawMetric, record: AttributeRecord) => void;

/**
 * What a configuration comes to once it is compiled: how entries become records, and what is done with them.
 * A plan is built whole and never changed; a reload puts another in its place between two batches.
 */
export interface Plan {
  /** Slots of a record under this plan's vocabulary. */
  readonly slots: number;
  /** The slots that this plan fills of entries of access logs. */
  readonly projection: Projection;
  /** Those of reports and log lines: what tells which decision is theirs, too. */
  readonly reported: Projection;
  readonly normalize: {
    accessLog(origin: StreamOrigin): NormalizeEntry;
    records(origin: RecordOrigin): NormalizeRecord;
    readonly span: NormalizeSpan;
    readonly metric: NormalizeMetric;
  };
  readonly rules: {
    /** Sends what the rules make of a record; `place`: of a span, its number in the batch. */
    report(record: AttributeRecord, place?: number): boolean;
    /** Sends the spans that rules selected of a batch that was reported. */
    relay(batch: SpanBatch): void;
  };
  /** Metrics of others pass by themselves: they are no requests, and nothing counts them. */
  readonly metrics: {
    /** Whether any rule takes metrics. */
    readonly takes: boolean;
    report(record: AttributeRecord, place: number): boolean;
    relay(batch: MetricBatch): void;
  };
  /** How calls are found in spans; undefined where nothing is made of them. */
  readonly calls: Calls | undefined;
  readonly checks: Checks;
}

/** How a plan finds calls, and what it makes of them. */
export interface Calls {
  readonly limits: GraphLimits;
  readonly layout: Layout;
  /** Sends what rules make of a call, or of a span without another side. */
  report?: ((record: AttributeRecord) => void) | undefined;
}

/** How a plan decides on requests: what of them its policy reads, and the policy. */
export interface Checks {
  readonly projection: Projection;
  /** Fills a record of `projection` with what decides, or says why the question is none. */
  normalize(check: RawCheck, record: AttributeRecord): RecordProblem | undefined;
  /** Adds the rest of `projection`, which those read who are told of decisions. */
  normalizeTold(check: RawCheck, record: AttributeRecord): void;
  /** Decides on requests. */
  readonly policy: Policy;
  /** Decides on descriptors of rate limit requests. */
  readonly limitPolicy: Policy;
  /** Sends what rules make of a decision; undefined where none makes anything of it. Changes the record. */
  readonly report?: ((verdict: Verdict, record: AttributeRecord) => void) | undefined;
  /** Remembers a verdict until the record of its request comes; undefined where no rule reads that of records. */
  readonly remember?: ((verdict: Verdict, values: AttributeRecord["values"]) => void) | undefined;
  readonly rateLimits: RateLimits;
  /** Told of every request that has ended; undefined where no limit counts requests while they run. */
  readonly ended: ((record: AttributeRecord) => void) | undefined;
}
