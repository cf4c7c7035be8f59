import type { RejectedSpan, SpanBatch, SpanEdits, SpanPiece } from "../../../schemas/model/span.ts";
import type { ByteCache } from "../byte-cache.ts";
import type { WireFault } from "../reader.ts";
import type { SpanCutter } from "./cut-spans.ts";
import { ofFirstField } from "./first-field.ts";
import { itemWidth, type RequestIndex } from "./request-index.ts";
import type { ParsedResource } from "./resource.ts";
import type { LazySpan } from "./span.ts";
import { explainSpanFault, type SpanFault } from "./span-faults.ts";
import type { SpanLimits } from "./span-limits.ts";

/** What a batch works with. */
export interface SpanBatchOptions {
  readonly source: string;
  /** Numbers of the spans in what the sender sent, if those are not their places. */
  readonly places: readonly number[] | undefined;
  readonly resources: ByteCache<ParsedResource>;
  readonly scopes: ByteCache<WireFault | undefined>;
  readonly span: LazySpan;
  readonly cutter: SpanCutter;
  readonly limits: SpanLimits;
  /** Spans in one turn. */
  readonly steps: number;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Reasons that are told, at most; the others are only counted. */
const maxTold = 8;

/**
 * The spans of a request, read in turns: after `steps` spans it stops until it is resumed. Spans that are malformed are
 * refused alone; those of a resource or scope that cannot be read are refused together.
 */
export class OtlpSpanBatch implements SpanBatch {
  readonly source: string;
  readonly index: RequestIndex;
  malformed = 0;
  /** The place of the span that was given last. */
  place = -1;
  /** Why spans were refused, the first few. */
  readonly rejected: RejectedSpan[] = [];
  readonly reasons = new Map<string, number>();
  readonly #options: SpanBatchOptions;
  readonly #latest: number;
  #left: number;
  #scope = -1;
  #resource: ParsedResource | undefined;
  #fault: SpanFault | undefined;

  constructor(index: RequestIndex, options: SpanBatchOptions) {
    this.source = options.source;
    this.index = index;
    this.#options = options;
    this.#left = options.steps;
    this.#latest = (options.now() + options.limits.maxAheadMs) / 1000;
    for (let i = 0; i < index.beyond; i++) this.#refuse(index.count + i, "too_many");
  }

  next(): LazySpan | undefined {
    while (this.#left > 0 && this.more) {
      this.#left--;
      this.place++;
      const fault = this.#read(this.place);
      if (fault === undefined) return this.#options.span;
      this.#refuse(this.place, fault);
    }
    return undefined;
  }

  /** Whether spans are left; `next` gives none before `resume` if so. */
  get more(): boolean {
    return this.place + 1 < this.index.count;
  }

  cut(places: readonly number[], edits?: SpanEdits): readonly SpanPiece[] {
    return this.#options.cutter.cut(this.index, places, edits);
  }

  /** Goes on; refused spans are counted from 0 again. */
  resume(): void {
    this.#left = this.#options.steps;
    this.malformed = 0;
  }

  #read(place: number): SpanFault | undefined {
    const { bytes, items } = this.index;
    const { span } = this.#options;
    const at = place * itemWidth;
    if (items[at + 3] !== this.#scope) this.#enterScope(items[at + 3]!);
    if (this.#fault !== undefined) return this.#fault;
    span.resource = this.#resource!;
    const { scan } = span;
    const fault = scan.scan(bytes, items[at + 1]!, items[at + 2]!);
    if (fault !== undefined) return fault;
    return isAfter(scan.startTime, this.#latest) || isAfter(scan.endTime, this.#latest) ? "future" : undefined;
  }

  /** Reads the resource and the scope of the spans that follow. */
  #enterScope(number: number): void {
    const { bytes, scopes, resources } = this.index;
    const scope = scopes[number]!;
    this.#scope = number;
    this.#resource = ofFirstField(this.#options.resources, bytes, resources[scope.parent]!);
    const scopeFault = ofFirstField(this.#options.scopes, bytes, scope);
    this.#fault = this.#resource.fault !== undefined ? "resource" : scopeFault !== undefined ? "scope" : undefined;
  }

  #refuse(place: number, fault: SpanFault): void {
    this.malformed++;
    this.reasons.set(fault, (this.reasons.get(fault) ?? 0) + 1);
    if (this.rejected.length >= maxTold) return;
    const number = this.#options.places?.[place] ?? place;
    const error = `span ${number}: ${explainSpanFault(fault, this.#options.limits)}`;
    this.rejected.push({ reason: fault, error });
  }
}

function isAfter(time: { readonly seconds: number } | undefined, latest: number): boolean {
  return time !== undefined && time.seconds > latest;
}
