import { type ProtoReader, wire } from "../reader.ts";
import { checkKeyValue } from "./any-value.ts";
import type { MetricFault, MetricLimits } from "./metric-faults.ts";
import type { PointRole, PointShape } from "./metric-shape.ts";
import { readUnixNanos } from "./unix-nanos.ts";

/** Wire types that the fields may have; repeated numbers have two. */
const wireOf: Readonly<Record<PointRole, number>> = {
  ...{ time: wire.fixed64, fixed64: wire.fixed64, varint: wire.varint },
  ...{ attribute: wire.bytes, exemplar: wire.bytes, counts: wire.bytes, bounds: wire.bytes },
  ...{ buckets: wire.bytes, quantile: wire.bytes },
};

/** Exemplar: time = 2, as_double = 3, span_id = 4, trace_id = 5, as_int = 6, filtered_attributes = 7. */
const exemplarWires: readonly (number | undefined)[] = [
  ...[undefined, undefined, wire.fixed64, wire.fixed64, wire.bytes, wire.bytes, wire.fixed64, wire.bytes],
];
const filteredAttributes = 7;

/** Checks data points: the shape of every known field, and the limits. */
export class PointScan {
  readonly #limits: MetricLimits;
  #attributes = 0;
  #exemplars = 0;
  #quantiles = 0;
  #counts = 0;
  #bounds = 0;
  #isAscending = true;
  #lastBound = -Infinity;
  #latest = -Infinity;

  constructor(limits: MetricLimits) {
    this.#limits = limits;
  }

  /** What is wrong with the point that fills the reader's range, if anything beside a fault of the reader. `latest`: in seconds. */
  check(reader: ProtoReader, shape: PointShape, latest: number): MetricFault | undefined {
    this.#attributes = 0;
    this.#exemplars = 0;
    this.#quantiles = 0;
    this.#counts = 0;
    this.#bounds = 0;
    this.#isAscending = true;
    this.#lastBound = -Infinity;
    this.#latest = -Infinity;
    while (reader.more) {
      const tag = reader.tag();
      const role = shape[tag >>> 3];
      if (role === undefined) reader.skip(tag & 7);
      else this.#field(reader, role, tag & 7);
    }
    return reader.fault ?? this.#fault(latest);
  }

  #fault(latest: number): MetricFault | undefined {
    const { maxAttributes, maxExemplars, maxBuckets } = this.#limits;
    if (this.#attributes > maxAttributes) return "attributes";
    if (this.#exemplars > maxExemplars) return "exemplars";
    if (Math.max(this.#counts, this.#quantiles) > maxBuckets) return "buckets";
    if (this.#counts + this.#bounds > 0 && this.#counts !== this.#bounds + 1) return "buckets";
    if (!this.#isAscending) return "bounds";
    return this.#latest > latest ? "future" : undefined;
  }

  #field(reader: ProtoReader, role: PointRole, wireType: number): void {
    if (wireType !== wireOf[role]) {
      if (wireType !== wire.fixed64 || (role !== "counts" && role !== "bounds")) reader.fail("wire_type");
      else this.#numbers(reader, role, reader.pos + 8);
      return;
    }
    if (role === "time") this.#latest = Math.max(this.#latest, readUnixNanos(reader)?.seconds ?? 0);
    else if (role === "fixed64" || role === "varint") reader.skip(wireType);
    else if (role === "counts" || role === "bounds") {
      const length = reader.length();
      if (length % 8 !== 0) reader.fail("truncated");
      else this.#numbers(reader, role, reader.pos + length);
    } else this.#message(reader, role);
  }

  #numbers(reader: ProtoReader, role: "counts" | "bounds", end: number): void {
    if (end > reader.end) reader.fail("truncated");
    else if (role === "counts") {
      this.#counts += (end - reader.pos) / 8;
      reader.pos = end;
    } else {
      while (reader.pos < end) this.#bound(reader.double());
    }
  }

  #bound(bound: number): void {
    if (!(bound > this.#lastBound)) this.#isAscending = false;
    this.#lastBound = bound;
    this.#bounds++;
  }

  #message(reader: ProtoReader, role: "attribute" | "exemplar" | "buckets" | "quantile"): void {
    const outer = reader.enter();
    if (role === "attribute") this.#attribute(reader);
    else if (role === "exemplar") this.#exemplar(reader);
    else if (role === "buckets") this.#buckets(reader);
    else this.#quantile(reader);
    reader.leave(outer);
  }

  #attribute(reader: ProtoReader): void {
    this.#attributes++;
    checkKeyValue(reader, 0);
  }

  #exemplar(reader: ProtoReader): void {
    this.#exemplars++;
    while (reader.more) {
      const tag = reader.tag();
      const field = tag >>> 3;
      const expected = exemplarWires[field];
      if (expected !== undefined && expected !== (tag & 7)) reader.fail("wire_type");
      else if (field !== filteredAttributes) reader.skip(tag & 7);
      else {
        const outer = reader.enter();
        this.#attribute(reader);
        reader.leave(outer);
      }
    }
  }

  /** Buckets: offset = 1, bucket_counts = 2, varints, packed or not. */
  #buckets(reader: ProtoReader): void {
    let counts = 0;
    while (reader.more) {
      const tag = reader.tag();
      if (tag === 18) {
        const outer = reader.enter();
        for (; reader.more; counts++) reader.skipVarint();
        reader.leave(outer);
      } else if (tag === 16) {
        counts++;
        reader.skipVarint();
      } else if (tag >>> 3 <= 2 && tag !== 8) reader.fail(reader.fault ?? "wire_type");
      else reader.skip(tag & 7);
    }
    if (counts > this.#limits.maxBuckets) this.#counts = counts;
  }

  /** ValueAtQuantile: quantile = 1, value = 2. */
  #quantile(reader: ProtoReader): void {
    this.#quantiles++;
    while (reader.more) {
      const tag = reader.tag();
      if (tag >>> 3 <= 2 && (tag & 7) !== wire.fixed64) reader.fail(reader.fault ?? "wire_type");
      else reader.skip(tag & 7);
    }
  }
}
