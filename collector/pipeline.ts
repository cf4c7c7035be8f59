import { slotOf } from "../schemas/attributes/vocabulary.ts";
import type { AccessLogBatch, AccessLogEntry, StreamOrigin } from "../schemas/model/access-log.ts";
import type {
  RawRecord,
  RecordBatch,
  RecordOrigin,
  RecordProblem,
  RecordReceipt,
  RejectedRecord,
} from "../schemas/model/raw-record.ts";
import type { Receipt } from "../schemas/model/receipt.ts";
import { AttributeRecord, type Projection } from "../schemas/model/record.ts";
import { isTimestamp } from "../schemas/model/value.ts";

/** Turns entries of one stream into records: writes every slot of the plan's projection, absent values too. */
export type NormalizeEntry = (entry: AccessLogEntry, record: AttributeRecord) => void;

/** The same for records that came as JSON: says why it refuses one, and adds values that it leaves out of others to a list. */
export type NormalizeRecord = (
  raw: RawRecord,
  record: AttributeRecord,
  leftOut: RecordProblem[],
) => RecordProblem | undefined;

/**
 * What a configuration comes to once it is compiled: how entries become records, and what is done with them.
 * A plan is built whole and never changed; a reload puts another in its place between two batches.
 */
export interface Plan {
  /** Slots of a record under this plan's vocabulary. */
  readonly slots: number;
  /** The slots that this plan fills. */
  readonly projection: Projection;
  readonly normalize: {
    accessLog(origin: StreamOrigin): NormalizeEntry;
    records(origin: RecordOrigin): NormalizeRecord;
  };
  readonly rules: { report(record: AttributeRecord): boolean };
}

/** Counts records for statistics; the same over all plans. */
export interface StatsSink {
  record(record: AttributeRecord): void;
}

/** What the pipeline tells the hub's own metrics. */
export interface PipelineEvents {
  /** One batch went through. `matched`: records that some rule applied to; `unmatched`: the rest; `malformed`: entries that never became records. */
  batch(source: string, matched: number, unmatched: number, malformed: number): void;
}

/** The way of every record: receivers report batches, and get a receipt back. */
export interface Pipeline {
  reportAccessLogs(batch: AccessLogBatch): Receipt;
  reportRecords(batch: RecordBatch): RecordReceipt;
  /** Puts another plan in place, from the next batch on. */
  swap(plan: Plan): void;
}

/** decode -> normalize -> rules -> dispatch: receivers hand over decoded batches, rules offer instances to lanes, statistics count every record. */
export function createPipeline(first: Plan, events: PipelineEvents, stats?: StatsSink): Pipeline {
  let plan = first;
  let record = new AttributeRecord(plan.slots, plan.projection.slots);

  return {
    reportAccessLogs(batch) {
      const { rules } = plan;
      const normalize = plan.normalize.accessLog(batch.origin);
      const malformedBefore = batch.malformed;
      let matched = 0;
      let unmatched = 0;
      for (let entry = batch.next(); entry !== undefined; entry = batch.next()) {
        normalize(entry, record);
        if (rules.report(record)) matched++;
        else unmatched++;
        stats?.record(record);
      }
      const malformed = batch.malformed - malformedBefore;
      events.batch("accesslog", matched, unmatched, malformed);
      const accepted = matched + unmatched;
      return { accepted, malformed, lastEndedMs: accepted > 0 ? endOf(record) : undefined };
    },
    reportRecords({ source, origin, records, refused = [] }) {
      const { rules } = plan;
      const normalize = plan.normalize.records(origin);
      const rejected: RejectedRecord[] = [...refused];
      const leftOut: RecordProblem[] = [];
      let matched = 0;
      for (const raw of records) {
        record.reset();
        const problem = normalize(raw, record, leftOut);
        if (problem !== undefined) {
          rejected.push({ index: raw.index, ...problem });
          continue;
        }
        if (rules.report(record)) matched++;
        stats?.record(record);
      }
      const malformed = rejected.length;
      const accepted = records.length + refused.length - malformed;
      events.batch(source, matched, accepted - matched, malformed);
      return { accepted, malformed, rejected, leftOut };
    },
    swap(next) {
      plan = next;
      record = new AttributeRecord(next.slots, next.projection.slots);
    },
  };
}

const responseTime = slotOf("response.time");

/** When a record's request ended by its sender's clock, if anyone reads that, in milliseconds since the epoch. */
function endOf({ values }: AttributeRecord): number | undefined {
  const time = values[responseTime];
  return isTimestamp(time) ? time.seconds * 1000 + time.nanos / 1e6 : undefined;
}
