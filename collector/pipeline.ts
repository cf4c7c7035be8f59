import { slotOf } from "../schemas/attributes/vocabulary.ts";
import type { AccessLogBatch, Json } from "../schemas/model/access-log.ts";
import type { CheckCall, CheckReceipt, LimitCall, LimitReceipt, RawCheck } from "../schemas/model/check-request.ts";
import type { MetricBatch, RawMetric } from "../schemas/model/metric.ts";
import type { RecordBatch, RecordProblem, RecordReceipt, RejectedRecord } from "../schemas/model/raw-record.ts";
import type { Receipt } from "../schemas/model/receipt.ts";
import { AttributeRecord } from "../schemas/model/record.ts";
import type { RawSpan, SpanBatch } from "../schemas/model/span.ts";
import { isTimestamp, toMillis } from "../schemas/model/value.ts";
import type { Verdict } from "../schemas/model/verdict.ts";
import { PendingRequest } from "./check/request.ts";
import type { CallGraph } from "./graph/call-graph.ts";
import { createCallGraph } from "./graph/waiting-graph.ts";
import type { Checks, Plan } from "./plan-model.ts";

/** Counts records for statistics; the same over all plans. */
export interface StatsSink {
  record(record: AttributeRecord): void;
}

/** What the pipeline tells the hub's own metrics. */
export interface PipelineEvents {
  /** One batch went through. `matched`: records that some rule applied to; `unmatched`: the rest; `malformed`: entries that never became records. */
  batch(source: string, matched: number, unmatched: number, malformed: number): void;
}

/** The lanes together: whether more may come, and whether what came is kept. */
export interface Lanes {
  /** Undefined if more may come; else resolves once it may, or rejects with an OverloadError after `maxWaitMs`, if given. */
  room(maxWaitMs?: number): Promise<void> | undefined;
  /** Undefined unless something is still being written to disk; rejects with an OverloadError if it could not be kept. */
  kept(): Promise<void> | undefined;
  /** That many records went through the rules. */
  took(records: number): void;
}

/** The way of every record: receivers report batches, and get a receipt back. A pending receipt means: read nothing further from that sender. */
export interface Pipeline {
  /** Waits for room in lanes that make senders wait, however long: a stream can be held up. Batches that are `answered` as below. */
  reportAccessLogs(batch: AccessLogBatch): Receipt | Promise<Receipt>;
  /**
   * Where the sender waits for an answer, the receipt comes when the records are kept as well as they ever will be (on disk, in lanes that are
   * durable), and an OverloadError if there is no room for a while or the disk fails: the sender may send all of them again.
   */
  reportRecords(batch: RecordBatch): RecordReceipt | Promise<RecordReceipt>;
  /** The same for spans, whose senders always wait for an answer. */
  reportSpans(batch: SpanBatch): Receipt | Promise<Receipt>;
  /** The same for metrics of others. */
  reportMetrics(batch: MetricBatch): Receipt | Promise<Receipt>;
  /** Whether any rule takes metrics of others. */
  takesMetrics(): boolean;
  /** Decides on a request, wholly by one plan. Never rejects; takes no longer than the asker waits. */
  check(call: CheckCall): CheckReceipt | Promise<CheckReceipt>;
  /** The same for a rate limit request, on each of its descriptors. */
  limit(call: LimitCall): LimitReceipt | Promise<LimitReceipt>;
  /** Puts another plan in place, from the next batch on. */
  swap(plan: Plan): void;
  /** The spans of which the other side may still come. */
  readonly graph: Pick<CallGraph, "expire" | "flush" | "pending" | "counts">;
}

/** Notes verdicts. */
export interface DecisionSink {
  /** `told` gives the request, for those that are kept. */
  record(verdict: Verdict, told: () => AttributeRecord, durationMs: number): void;
}

/** What stands around the plans. */
export interface PipelineParts {
  readonly events: PipelineEvents;
  readonly lanes: Lanes;
  /** Counts every record. */
  readonly stats?: StatsSink | undefined;
  readonly decisions?: DecisionSink | undefined;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** The verdict is there before the asker gives up. */
const SHARE_OF_WAIT = 0.9;

/** How long a sender that waits for an answer is held up before it is told to come again. */
const MAX_WAIT_MS = 5_000;

/** decode -> normalize -> rules -> dispatch: receivers hand over decoded batches, rules offer instances to lanes, statistics count every record. */
export function createPipeline(first: Plan, { events, lanes, stats, decisions, now }: PipelineParts): Pipeline {
  let plan = first;
  let record = new AttributeRecord(plan.slots, plan.projection.slots);
  /** Apart, since other slots are filled in for reports and spans: what an entry left behind must not be taken for theirs. */
  let reported = new AttributeRecord(plan.slots, plan.reported.slots);
  let spanRecord = new AttributeRecord(plan.slots);
  let metricRecord = new AttributeRecord(plan.slots);
  /** Of the last check, if nobody reads it any more. */
  let spare: AttributeRecord | undefined;
  const reportCall = (call: AttributeRecord) => {
    plan.calls?.report?.(call);
    lanes.took(1);
  };
  const graph = createCallGraph(
    {
      span: (sides) => stats?.record(sides),
      get call() {
        return plan.calls?.report && reportCall;
      },
    },
    now,
  );

  /** Spans that still wait go first where the next plan finds no calls. */
  const findCalls = (next: Plan) => {
    if (next.calls === undefined) graph.flush();
    else graph.configure(next.calls.limits, next.calls.layout, next.slots);
  };
  findCalls(plan);

  const takeAccessLogs = (batch: AccessLogBatch): Receipt => {
    const { rules, checks } = plan;
    const { ended } = checks;
    const normalize = plan.normalize.accessLog(batch.origin);
    const malformedBefore = batch.malformed;
    let matched = 0;
    let unmatched = 0;
    for (let entry = batch.next(); entry !== undefined; entry = batch.next()) {
      normalize(entry, record);
      if (rules.report(record)) matched++;
      else unmatched++;
      stats?.record(record);
      ended?.(record);
    }
    const malformed = batch.malformed - malformedBefore;
    events.batch("accesslog", matched, unmatched, malformed);
    const accepted = matched + unmatched;
    lanes.took(accepted);
    return { accepted, malformed, lastEndedMs: accepted > 0 ? endOf(record) : undefined };
  };

  const takeRecords = ({ source, origin, records, refused = [] }: RecordBatch): RecordReceipt => {
    const { rules, checks } = plan;
    const { ended } = checks;
    const normalize = plan.normalize.records(origin);
    const rejected: RejectedRecord[] = [...refused];
    const leftOut: RecordProblem[] = [];
    let matched = 0;
    for (const raw of records) {
      reported.reset();
      const problem = normalize(raw, reported, leftOut);
      if (problem !== undefined) {
        rejected.push({ index: raw.index, ...problem });
        continue;
      }
      if (rules.report(reported)) matched++;
      stats?.record(reported);
      ended?.(reported);
    }
    const malformed = rejected.length;
    const accepted = records.length + refused.length - malformed;
    events.batch(source, matched, accepted - matched, malformed);
    lanes.took(accepted);
    return { accepted, malformed, rejected, leftOut };
  };

  /** Takes what is relayed: `take` says of an item whether a rule applied to it, `relay` sends what rules selected. */
  const takeItems = <Item>(batch: RelayedBatch<Item>, take: (item: Item) => boolean, relay: () => void): Receipt => {
    const malformedBefore = batch.malformed;
    let matched = 0;
    let unmatched = 0;
    try {
      for (let item = batch.next(); item !== undefined; item = batch.next()) {
        if (take(item)) matched++;
        else unmatched++;
      }
    } finally {
      relay();
    }
    const malformed = batch.malformed - malformedBefore;
    events.batch(batch.source, matched, unmatched, malformed);
    lanes.took(matched + unmatched);
    return { accepted: matched + unmatched, malformed };
  };

  const takeSpans = (batch: SpanBatch): Receipt => {
    const { rules, normalize, calls } = plan;
    const take = (span: RawSpan): boolean => {
      normalize.span(span, spanRecord);
      const matched = rules.report(spanRecord, batch.place);
      if (calls === undefined) stats?.record(spanRecord);
      else graph.take(span, spanRecord);
      return matched;
    };
    return takeItems(batch, take, () => rules.relay(batch));
  };

  const takeMetrics = (batch: MetricBatch): Receipt => {
    const { metrics, normalize } = plan;
    const take = (metric: RawMetric): boolean => {
      normalize.metric(metric, metricRecord);
      return metrics.report(metricRecord, batch.place);
    };
    return takeItems(batch, take, () => metrics.relay(batch));
  };

  /** Takes a batch when there is room; if its sender waits for the answer, it comes when the batch is kept. */
  const whenRoom = <T>(answered: boolean, take: () => T): T | Promise<T> => {
    const room = lanes.room(answered ? MAX_WAIT_MS : undefined);
    if (room !== undefined) return room.then(() => whenRoom(answered, take));
    const receipt = take();
    const kept = answered ? lanes.kept() : undefined;
    return kept?.then(() => receipt) ?? receipt;
  };

  /** Has the policy decide, and notes what it said. */
  const decide = (
    checks: Checks,
    check: RawCheck,
    request: PendingRequest,
    byDefault: "allow" | "deny",
    startMs: number,
  ) => {
    const { remember, report } = checks;
    const policy = check.kind === "limit" ? checks.limitPolicy : checks.policy;
    const told = () => {
      checks.normalizeTold(check, request.record);
      return request.record;
    };
    const noted = (verdict: Verdict): Verdict => {
      remember?.(verdict, told().values);
      decisions?.record(verdict, told, now() - startMs);
      if (report !== undefined) {
        report(verdict, told());
        lanes.took(1);
      }
      return verdict;
    };
    const verdict = policy.check(request, byDefault);
    return verdict instanceof Promise ? verdict.then(noted) : noted(verdict);
  };

  return {
    reportAccessLogs: (batch) => whenRoom(batch.answered === true, () => takeAccessLogs(batch)),
    reportRecords: (batch) => whenRoom(batch.answered === true, () => takeRecords(batch)),
    reportSpans: (batch) => whenRoom(true, () => takeSpans(batch)),
    reportMetrics: (batch) => whenRoom(batch.answered, () => takeMetrics(batch)),
    takesMetrics: () => plan.metrics.takes,
    check({ check, byDefault, waitsMs, work }) {
      const { checks, slots } = plan;
      const asked = spare ?? new AttributeRecord(slots, checks.projection.slots);
      spare = undefined;
      asked.reset();
      const problem = checks.normalize(check, asked);
      if (problem !== undefined) return { problem };
      const startMs = now();
      const request = new PendingRequest(asked, startMs + waitsMs * SHARE_OF_WAIT, () => rawOf(check), work);
      const verdict = decide(checks, check, request, byDefault, startMs);
      if (verdict instanceof Promise) return verdict.then((late) => ({ verdict: late }));
      // Slots that no rule reads may have been written in the others: these are not emptied.
      if (checks.report === undefined && !request.hasDerived) spare = asked;
      return { verdict };
    },
    limit(call) {
      const { checks, slots } = plan;
      const waitsMs = call.waitsMs * SHARE_OF_WAIT;
      const deadlineMs = now() + waitsMs;
      return checks.rateLimits.answer({ ...call, waitsMs }, (domain, descriptor) => {
        const asked = new AttributeRecord(slots, checks.projection.slots);
        const check = { kind: "limit", domain, descriptor } as const;
        checks.normalize(check, asked);
        return decide(checks, check, new PendingRequest(asked, deadlineMs, () => undefined, call.work), "allow", now());
      });
    },
    graph: {
      expire: () => graph.expire(),
      flush: () => graph.flush(),
      pending: (visit) => graph.pending(visit),
      counts: () => graph.counts(),
    },
    swap(next) {
      findCalls(next);
      plan = next;
      record = new AttributeRecord(next.slots, next.projection.slots);
      reported = new AttributeRecord(next.slots, next.reported.slots);
      spanRecord = new AttributeRecord(next.slots);
      metricRecord = new AttributeRecord(next.slots);
      spare = undefined;
    },
  };
}

/** Spans or metrics of a request. */
type RelayedBatch<Item> = Pick<SpanBatch, "source" | "malformed"> & { next(): Item | undefined };

const responseTime = slotOf("response.time");

/** The request as the proxy sent it, where its front has that form. */
const rawOf = (check: RawCheck): Json | undefined => (check.kind === "ext_authz" ? check.raw() : undefined);

/** When a record's request ended by its sender's clock, if anyone reads that, in milliseconds since the epoch. */
function endOf({ values }: AttributeRecord): number | undefined {
  const time = values[responseTime];
  return isTimestamp(time) ? toMillis(time) : undefined;
}
