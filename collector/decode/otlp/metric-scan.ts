import type { MetricKind } from "../../../schemas/model/metric.ts";
import { ProtoReader, wire } from "../reader.ts";
import { checkKeyValue } from "./any-value.ts";
import type { MetricFault, MetricLimits } from "./metric-faults.ts";
import { dataShapes, type PointShape } from "./metric-shape.ts";
import { PointScan } from "./point-scan.ts";

/** Metric: name = 1, description = 2, unit = 3, metadata = 12, each with bytes; beside its data. */
const texts: ReadonlySet<number> = new Set([1, 2, 3]);
const nameField = 1;
const unitField = 3;
const metadataField = 12;
/** Where a point is in its data; in Sum, Histogram and ExponentialHistogram there are aggregation_temporality = 2 and is_monotonic = 3. */
const pointsTag = 8 + wire.bytes;
const lastOfData = 3;

/** Passes once over a metric, checks it and every point of it, and notes where its texts are. */
export class MetricScan {
  kind: MetricKind | undefined;
  points = 0;
  nameStart = 0;
  nameEnd = 0;
  unitStart = 0;
  unitEnd = 0;
  readonly #reader = new ProtoReader();
  readonly #point: PointScan;
  #data = 0;

  constructor(limits: MetricLimits) {
    this.#point = new PointScan(limits);
  }

  /** What is wrong with the metric in this range, if anything. `latest`: in seconds since the epoch. */
  scan(bytes: Buffer, start: number, end: number, latest: number): MetricFault | undefined {
    const reader = this.#reader.reset(bytes, start, end);
    this.kind = undefined;
    this.points = 0;
    this.#data = 0;
    this.nameStart = 0;
    this.nameEnd = 0;
    this.unitStart = 0;
    this.unitEnd = 0;
    let fault: MetricFault | undefined;
    while (reader.more && fault === undefined) fault = this.#field(reader, latest);
    fault ??= reader.fault;
    return fault ?? (this.nameStart === this.nameEnd ? "name" : undefined);
  }

  #field(reader: ProtoReader, latest: number): MetricFault | undefined {
    const tag = reader.tag();
    const field = tag >>> 3;
    const data = dataShapes.get(field);
    if (data === undefined && !texts.has(field) && field !== metadataField) reader.skip(tag & 7);
    else if ((tag & 7) !== wire.bytes) reader.fail("wire_type");
    else if (data !== undefined) {
      if (this.#data !== 0 && this.#data !== field) return "data";
      this.#data = field;
      this.kind = data.kind;
      return this.#points(reader, data.point, latest);
    } else if (field === metadataField) {
      const outer = reader.enter();
      checkKeyValue(reader, 0);
      reader.leave(outer);
    } else this.#text(reader, field);
    return undefined;
  }

  #text(reader: ProtoReader, field: number): void {
    const length = reader.length();
    const start = reader.pos;
    reader.pos += length;
    if (field === nameField) {
      this.nameStart = start;
      this.nameEnd = reader.pos;
    } else if (field === unitField) {
      this.unitStart = start;
      this.unitEnd = reader.pos;
    }
  }

  /** Goes on counting points behind one that is malformed, so that the sender is told how many were refused. */
  #points(reader: ProtoReader, shape: PointShape, latest: number): MetricFault | undefined {
    const outer = reader.enter();
    let fault: MetricFault | undefined;
    while (reader.more) {
      const tag = reader.tag();
      if (tag === pointsTag) {
        this.points++;
        const within = reader.enter();
        if (reader.fault === undefined) {
          fault ??= this.#point.check(reader, shape, latest);
          if (fault !== undefined) passOver(reader);
        }
        reader.leave(within);
      } else if (tag >>> 3 === 1 || (tag >>> 3 <= lastOfData && (tag & 7) !== wire.varint))
        reader.fail(reader.fault ?? "wire_type");
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    return fault;
  }
}

/** Goes to the end of the message at hand, whatever was wrong within it. */
function passOver(reader: ProtoReader): void {
  reader.fault = undefined;
  reader.pos = reader.end;
}
