import type { SpanBatch, SpanEdits, SpanPiece, TakeSpan } from "../../../schemas/model/span.ts";
import type { SpanCutter } from "./cut-spans.ts";
import { ItemBatch, type ItemBatchOptions } from "./item-batch.ts";
import type { RequestIndex } from "./request-index.ts";
import type { LazySpan } from "./span.ts";
import { explainSpanFault, type SpanFault } from "./span-faults.ts";
import type { SpanLimits } from "./span-limits.ts";

/** What a batch works with. */
export interface SpanBatchOptions extends Omit<ItemBatchOptions<SpanFault>, "item" | "explain"> {
  readonly span: LazySpan;
  readonly cutter: SpanCutter;
  readonly limits: SpanLimits;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The spans of a request, read in turns. */
export class OtlpSpanBatch extends ItemBatch<LazySpan, SpanFault> implements SpanBatch {
  protected readonly item: LazySpan;
  readonly #cutter: SpanCutter;
  readonly #latest: number;

  constructor(index: RequestIndex, options: SpanBatchOptions) {
    const { limits, span, cutter } = options;
    super(index, { ...options, item: "span", explain: (fault) => explainSpanFault(fault, limits) });
    this.item = span;
    this.#cutter = cutter;
    this.#latest = (options.now() + limits.maxAheadMs) / 1000;
  }

  cut(places: readonly number[], edits?: SpanEdits): readonly SpanPiece[] {
    return this.#cutter.cut(this.index, places, edits);
  }

  lift(places: readonly number[], edits: SpanEdits | undefined, take: TakeSpan): void {
    this.#cutter.lift(this.index, places, edits, take);
  }

  protected read(start: number, end: number): SpanFault | undefined {
    const { item } = this;
    item.resource = this.around!;
    const { scan } = item;
    const fault = scan.scan(this.index.bytes, start, end);
    if (fault !== undefined) return fault;
    return isAfter(scan.startTime, this.#latest) || isAfter(scan.endTime, this.#latest) ? "future" : undefined;
  }
}

function isAfter(time: { readonly seconds: number } | undefined, latest: number): boolean {
  return time !== undefined && time.seconds > latest;
}
