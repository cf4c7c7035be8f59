import { indexRequest, itemWidth, OtlpError } from "./otlp/request-index.ts";
import { ProtoReader, wire } from "./reader.ts";

/** Fields of Metric that hold data: gauge, sum, histogram, exponential_histogram, summary. In each, data_points = 1. */
const dataFields: ReadonlySet<number> = new Set([5, 7, 9, 10, 11]);
const maxMetrics = 100_000;

/** Counts the data points of an ExportMetricsServiceRequest. Throws OtlpError if its framing is broken. */
export function countPoints(message: Uint8Array): number {
  const { bytes, items, beyond } = indexRequest(message, maxMetrics);
  const reader = new ProtoReader();
  let points = beyond;
  for (let at = 0; at < items.length; at += itemWidth) {
    reader.reset(bytes, items[at + 1]!, items[at + 2]!);
    points += pointsOf(reader);
    if (reader.fault !== undefined) throw new OtlpError(reader.fault);
  }
  return points;
}

function pointsOf(reader: ProtoReader): number {
  let points = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (!dataFields.has(tag >>> 3) || (tag & 7) !== wire.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.enter();
    while (reader.more) {
      const inner = reader.tag();
      if (inner === 10) points++;
      reader.skip(inner & 7);
    }
    reader.leave(outer);
  }
  return points;
}
