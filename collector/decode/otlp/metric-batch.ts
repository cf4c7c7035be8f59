import type { MetricBatch, MetricKind, MetricPiece, RawMetric } from "../../../schemas/model/metric.ts";
import type { SpanResource } from "../../../schemas/model/span.ts";
import type { ByteCache } from "../byte-cache.ts";
import { ProtoReader } from "../reader.ts";
import { readText } from "./any-value.ts";
import type { MetricCutter } from "./cut-metrics.ts";
import { ofFirstField } from "./first-field.ts";
import { ItemBatch, type ItemBatchOptions } from "./item-batch.ts";
import { explainMetricFault, type MetricFault, type MetricLimits } from "./metric-faults.ts";
import { MetricScan } from "./metric-scan.ts";
import { itemWidth, type RequestIndex, type Section } from "./request-index.ts";

/** What a batch works with. */
export interface MetricBatchOptions extends Omit<ItemBatchOptions<MetricFault>, "item" | "explain"> {
  /** Whether the sender waits for an answer. */
  readonly answered: boolean;
  readonly scopeNames: ByteCache<string>;
  readonly texts: ByteCache<string>;
  readonly cutter: MetricCutter;
  readonly limits: MetricLimits;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The metrics of a request, read in turns of so many points. */
export class OtlpMetricBatch extends ItemBatch<RawMetric, MetricFault> implements MetricBatch, RawMetric {
  readonly answered: boolean;
  /** Points of metrics that were refused; of those beyond the limit it is not known how many they have. */
  rejectedPoints = 0;
  acceptedPoints = 0;
  scope = "";
  readonly #options: MetricBatchOptions;
  readonly #scan: MetricScan;
  readonly #latest: number;

  constructor(index: RequestIndex, options: MetricBatchOptions) {
    const { limits, answered } = options;
    super(index, { ...options, item: "metric", explain: (fault) => explainMetricFault(fault, limits) });
    this.answered = answered;
    this.#options = options;
    this.#scan = new MetricScan(limits);
    this.#latest = (options.now() + limits.maxAheadMs) / 1000;
    this.rejectedPoints = index.beyond;
  }

  get item(): this {
    return this;
  }
  get resource(): SpanResource {
    return this.around!;
  }
  get name(): string {
    return this.#text(this.#scan.nameStart, this.#scan.nameEnd);
  }
  get unit(): string {
    return this.#text(this.#scan.unitStart, this.#scan.unitEnd);
  }
  get kind(): MetricKind | undefined {
    return this.#scan.kind;
  }
  get points(): number {
    return this.#scan.points;
  }

  cut(places: readonly number[]): readonly MetricPiece[] {
    return this.#options.cutter.cut(this.index, places);
  }

  protected read(start: number, end: number): MetricFault | undefined {
    const fault = this.#scan.scan(this.index.bytes, start, end, this.#latest);
    if (fault !== undefined) return fault;
    if (this.acceptedPoints + this.points > this.#options.limits.maxPoints) return "too_many";
    this.acceptedPoints += this.points;
    return undefined;
  }

  protected override steps(): number {
    return 1 + this.points;
  }

  protected override enterScope(scope: Section): void {
    this.scope = ofFirstField(this.#options.scopeNames, this.index.bytes, scope);
  }

  /** What is refused has one point at least. */
  protected override refused(place: number): void {
    const { bytes, items } = this.index;
    this.#scan.scan(bytes, items[place * itemWidth + 1]!, items[place * itemWidth + 2]!, Number.POSITIVE_INFINITY);
    this.rejectedPoints += Math.max(1, this.points);
  }

  #text(start: number, end: number): string {
    return start === end ? "" : this.#options.texts.get(this.index.bytes, start, end);
  }
}

/** InstrumentationScope: name = 1. */
export function readScopeName(bytes: Buffer, start: number, end: number): string {
  const reader = new ProtoReader().reset(bytes, start, end);
  let name = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) name = readText(reader, undefined);
    else reader.skip(tag & 7);
  }
  return name;
}
