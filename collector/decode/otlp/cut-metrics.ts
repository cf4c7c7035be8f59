import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { MetricPiece } from "../../../schemas/model/metric.ts";
import { ProtoReader, wire } from "../reader.ts";
import { dataShapes } from "./metric-shape.ts";
import { itemWidth, type RequestIndex } from "./request-index.ts";
import { listField, pieceBytes, runsOf, sizeOf, wrapItems } from "./wrap-items.ts";

/** Where a point is in its data. */
const pointsField = 1;

/** A range of bytes. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** What a metric is made of: its points, and what stands around them at both levels. */
interface Parts {
  readonly others: readonly Range[];
  readonly dataField: number;
  readonly aroundPoints: readonly Range[];
  readonly points: readonly Range[];
}

/**
 * Cuts metrics out of a request and wraps them anew: each piece is the resource_metrics field of a request, with the resource,
 * scopes and everything else around the metrics as they came, byte for byte. A metric of more points than fit into a piece
 * is cut between points, with all that stands around them in each piece.
 */
export class MetricCutter {
  readonly #writer = new ByteWriter();
  readonly #reader = new ProtoReader();

  /** The pieces that hold these checked metrics, whose numbers ascend. */
  cut(index: RequestIndex, places: readonly number[]): MetricPiece[] {
    return [...runsOf(index, places)].flatMap((run) => {
      const [first] = run;
      return run.length === 1 && first !== undefined && sizeOf(index, first) > pieceBytes
        ? this.#cutPoints(index, first)
        : [this.#wrap(index, run)];
    });
  }

  #wrap(index: RequestIndex, run: readonly number[]): MetricPiece {
    const { bytes, items } = index;
    let points = 0;
    const write = (place: number) => {
      points += this.#partsOf(index, place).points.length;
      this.#writer.raw(bytes.subarray(items[place * itemWidth]!, items[place * itemWidth + 2]!));
    };
    const wrapped = wrapItems(this.#writer, index, run, write);
    return { bytes: wrapped, points };
  }

  #cutPoints(index: RequestIndex, place: number): MetricPiece[] {
    const parts = this.#partsOf(index, place);
    return [...groupsOf(parts.points)].map((points) => ({
      bytes: wrapItems(this.#writer, index, [place], () => this.#writePoints(index.bytes, parts, points)),
      points: points.length,
    }));
  }

  #writePoints(bytes: Buffer, { others, dataField, aroundPoints }: Parts, points: readonly Range[]): void {
    const writer = this.#writer;
    const copy = ({ start, end }: Range) => writer.raw(bytes.subarray(start, end));
    const metric = writer.begin(listField);
    others.forEach(copy);
    const data = writer.begin(dataField);
    aroundPoints.forEach(copy);
    points.forEach(copy);
    writer.end(data);
    writer.end(metric);
  }

  #partsOf({ bytes, items }: RequestIndex, place: number): Parts {
    const reader = this.#reader.reset(bytes, items[place * itemWidth + 1]!, items[place * itemWidth + 2]!);
    const others: Range[] = [];
    const aroundPoints: Range[] = [];
    const points: Range[] = [];
    let dataField = 0;
    while (reader.more) {
      const start = reader.pos;
      const tag = reader.tag();
      if (!dataShapes.has(tag >>> 3)) {
        reader.skip(tag & 7);
        others.push({ start, end: reader.pos });
        continue;
      }
      dataField = tag >>> 3;
      const outer = reader.enter();
      while (reader.more) {
        const inner = { start: reader.pos, tag: reader.tag() };
        reader.skip(inner.tag & 7);
        (inner.tag === pointsField * 8 + wire.bytes ? points : aroundPoints).push({
          start: inner.start,
          end: reader.pos,
        });
      }
      reader.leave(outer);
    }
    return { others, dataField, aroundPoints, points };
  }
}

/** Parts points into groups of about the size of a piece. */
function* groupsOf(points: readonly Range[]): Generator<readonly Range[]> {
  for (let at = 0; at < points.length; ) {
    const from = at;
    for (let bytes = 0; at < points.length; at++) {
      bytes += points[at]!.end - points[at]!.start;
      if (bytes > pieceBytes && at > from) break;
    }
    yield points.slice(from, at);
  }
}
