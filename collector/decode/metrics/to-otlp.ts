import type { EnvoyNode } from "../../../schemas/model/access-log.ts";
import { decodeText, ProtoReader, readText, wire } from "../reader.ts";
import { eachFamily } from "./family.ts";
import { type HeldMetric, readHeldMetric } from "./metric-reader.ts";
import { nodeAttributes } from "./node-attributes.ts";
import { type Labels, type MetricDraft, OtlpMetricWriter, otlpFields, temporality } from "./otlp-writer.ts";

/** Some of a message as OTLP. */
export interface ConvertedMetrics {
  /** An ExportMetricsServiceRequest. */
  readonly bytes: Uint8Array;
  /** Metrics that could not be read. */
  readonly malformed: number;
  /** Summaries beside histograms of the same name, which stand for them. */
  readonly leftOut: number;
}

/** How a message is to be read. */
export interface MessageFacts {
  /** Whether counters hold growth since the last flush; nothing in a message says so. */
  readonly countersAreDeltas: boolean;
  /** The hub's clock, for values that say no time. */
  readonly nowMs: number;
}

/** Metrics in one part: some milliseconds of work. */
const metricsInPart = 2048;
/** Series of summaries whose counts are added up, and names of histograms that are remembered. */
const maxRemembered = 10_000;
/** HISTOGRAM of MetricType. */
const histogramType = 4;

/**
 * Turns the messages of one proxy's stream (StreamMetricsMessage: envoy_metrics = 2) into OTLP. Envoy's histograms and summaries
 * hold the values since the last flush: histograms become deltas, and the counts and sums of summaries, which OTLP takes for totals,
 * are added up here.
 */
export class StatisticsConverter {
  readonly #resource: ReadonlyMap<string, string>;
  readonly #writer = new OtlpMetricWriter();
  readonly #reader = new ProtoReader();
  readonly #histograms = new Set<string>();
  readonly #totals = new Map<string, { count: number; sum: number }>();
  #flushMs = 0;
  #lastFlushMs = 0;

  constructor(node: EnvoyNode) {
    this.#resource = nodeAttributes(node);
  }

  /** The metrics of a message whose framing is sound, in parts. */
  *convert(message: Uint8Array, facts: MessageFacts): Generator<ConvertedMetrics> {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    const families = familiesIn(bytes);
    for (const { name, type } of families)
      if (type === histogramType && this.#histograms.size < maxRemembered) this.#histograms.add(name);
    let part = new Part();
    for (const family of families) {
      for (const [start, end] of family.metrics) this.#convert(bytes, start, end, family.name, facts, part);
      if (part.metrics < metricsInPart) continue;
      yield this.#finish(part);
      part = new Part();
    }
    if (part.metrics > 0) yield this.#finish(part);
  }

  #finish({ drafts, malformed, leftOut }: Part): ConvertedMetrics {
    return { bytes: this.#writer.request(this.#resource, drafts.values()), malformed, leftOut };
  }

  #convert(bytes: Buffer, start: number, end: number, name: string, facts: MessageFacts, part: Part): void {
    part.metrics++;
    const reader = this.#reader.reset(bytes, start, end);
    const held = readHeldMetric(reader);
    const labels = readLabels(reader, bytes, held);
    if (reader.fault !== undefined || held.kind === undefined) part.malformed++;
    else this.#add(held, labels, name, facts, part);
  }

  #add(held: HeldMetric, labels: Labels, name: string, { countersAreDeltas, nowMs }: MessageFacts, part: Part): void {
    const timeMs = held.timestampMs || nowMs;
    this.#enterFlush(timeMs);
    const since = { timeMs, startMs: this.#lastFlushMs };
    const { delta, cumulative } = temporality;
    if (held.kind === "histogram") {
      const buckets = toBuckets(held);
      if (buckets === undefined) part.malformed++;
      else this.#writer.histogram(part.points(name, otlpFields.histogram, delta), since, labels, buckets);
    } else if (held.kind === "summary") this.#addSummary(held, labels, name, timeMs, part);
    else if (held.kind === "counter") {
      const times = countersAreDeltas ? since : { timeMs, startMs: held.startMs };
      const kept = countersAreDeltas ? delta : cumulative;
      this.#writer.number(part.points(name, otlpFields.sum, kept), times, labels, held.value);
    } else
      this.#writer.number(part.points(name, otlpFields.gauge, undefined), { timeMs, startMs: 0 }, labels, held.value);
  }

  #addSummary(held: HeldMetric, labels: Labels, name: string, timeMs: number, part: Part): void {
    if (this.#histograms.has(name)) {
      part.leftOut++;
      return;
    }
    const totals = this.#addUp(name, labels, held);
    const times = { timeMs, startMs: held.startMs };
    if (totals === undefined) part.malformed++;
    else this.#writer.summary(part.points(name, otlpFields.summary, undefined), times, labels, totals);
  }

  /** All values of a flush have the same time. */
  #enterFlush(timeMs: number): void {
    if (timeMs <= this.#flushMs) return;
    this.#lastFlushMs = this.#flushMs;
    this.#flushMs = timeMs;
  }

  /** The totals of a summary's series; undefined where there are too many. */
  #addUp(name: string, labels: Labels, { count, sum, pairs }: HeldMetric) {
    const key = JSON.stringify([name, labels]);
    const known = this.#totals.get(key);
    if (known === undefined && this.#totals.size >= maxRemembered) return undefined;
    const totals = known ?? { count: 0, sum: 0 };
    totals.count += count;
    totals.sum += Number.isFinite(sum) ? sum : 0;
    this.#totals.set(key, totals);
    return { ...totals, quantiles: pairs };
  }
}

/** What is gathered of a message until it is enough for a part. */
class Part {
  readonly drafts = new Map<string, MetricDraft>();
  metrics = 0;
  malformed = 0;
  leftOut = 0;

  /** Where the points of metrics of this name and kind are noted. */
  points(name: string, field: MetricDraft["field"], kept: number | undefined): number[] {
    const key = `${field} ${kept} ${name}`;
    const draft = this.drafts.get(key) ?? { name, field, temporality: kept, points: [] };
    this.drafts.set(key, draft);
    return draft.points;
  }
}

/** A family: its name and type, and where its metrics are. */
interface Family {
  name: string;
  type: number;
  readonly metrics: [start: number, end: number][];
}

function familiesIn(bytes: Buffer): Family[] {
  const reader = new ProtoReader();
  return Array.from(eachFamily(bytes), ([start, end]) => readFamily(reader.reset(bytes, start, end), bytes));
}

/** MetricFamily: name = 1, type = 3, metric = 4. What stands in front of a broken field is taken. */
function readFamily(reader: ProtoReader, bytes: Buffer): Family {
  const family: Family = { name: "", type: 0, metrics: [] };
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 3 * 8 + wire.varint) family.type = reader.varint();
    else if (tag !== 10 && tag !== 34) reader.skip(tag & 7);
    else {
      const length = reader.length();
      const start = reader.pos;
      reader.pos += length;
      if (tag === 10) family.name = decodeText(bytes, start, reader.pos);
      else if (reader.fault === undefined) family.metrics.push([start, reader.pos]);
    }
  }
  return family;
}

/** LabelPair: name = 1, value = 2. */
function readLabels(reader: ProtoReader, bytes: Buffer, { labels }: HeldMetric): Labels {
  if (reader.fault !== undefined) return [];
  const found: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) {
    reader.reset(bytes, labels[i]!, labels[i + 1]!);
    const pair: [string, string] = ["", ""];
    while (reader.more) {
      const tag = reader.tag();
      if (tag !== 10 && tag !== 18) reader.skip(tag & 7);
      else pair[(tag >>> 3) - 1] = readText(reader, bytes);
    }
    if (reader.fault !== undefined) return [];
    found.push(pair);
  }
  return found;
}

/** Cumulative counts up to each bound, without `+Inf`, as the counts of the buckets; undefined where they fall. */
function toBuckets({ count, sum, pairs }: HeldMetric) {
  const bounds: number[] = [];
  const counts: number[] = [];
  let below = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const [upTo, bound] = [pairs[i]!, pairs[i + 1]!];
    if (bound === Number.POSITIVE_INFINITY) continue;
    bounds.push(bound);
    counts.push(upTo - below);
    below = upTo;
  }
  counts.push(count - below);
  return counts.every((each) => each >= 0) ? { count, sum, bounds, counts } : undefined;
}
